"""The five stages, each a pure function from values to a value; a file has the name of its subcommand."""
