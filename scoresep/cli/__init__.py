"""The command line: words in, messages out.  Nothing heavy is imported before a command runs."""
