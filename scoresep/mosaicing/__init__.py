"""Mosaics: a recording imitated by another one, after Driedger, Prätzlich and Müller (ISMIR 2015)."""
