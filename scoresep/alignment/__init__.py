"""Score-to-recording alignment: features, played sections, dynamic time warping and the placement of onsets."""
