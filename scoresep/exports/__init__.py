"""What an alignment knows, for other programs: tempo maps, bars, projects and sync points."""
