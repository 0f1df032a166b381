"""Files to values and back; nothing here computes."""
