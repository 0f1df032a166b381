"""What the score allows in a spectrogram: instrument models, templates, gates, the stereo image."""
