"""Pictures of what the stages have found."""
