"""What is known about notes, without files: pitch names, instruments, hands, playback order, selection."""
