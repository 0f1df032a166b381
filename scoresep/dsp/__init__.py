"""Signals without scores: the short-time Fourier transform, downmixing, and work on several cores."""
