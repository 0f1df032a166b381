"""Mixes of stems: how loud each stem is, and where it stands between left and right."""
