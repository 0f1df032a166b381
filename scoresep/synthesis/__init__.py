"""Sounds of groups of notes that are made anew from partials and noise, instead of cut out of the recording."""
