"""Signal processing that knows nothing of scores: short-time Fourier transform, downmix, threads."""
