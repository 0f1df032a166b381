"""Where notes sound in a recording: features, jumps and repeats, dynamic time warping, onset placement."""
