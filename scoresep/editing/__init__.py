"""Change single notes of a recording: what changes, and how their sound follows."""
