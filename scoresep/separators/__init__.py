"""Other separators: what they have made of a recording, and Open-Unmix run from here."""
