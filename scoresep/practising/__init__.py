"""What a musician practises with: another tempo, clicks, and mixes with a part louder, missing or alone."""
