"""How good stems and alignments are."""
