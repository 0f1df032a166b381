"""The command line. Modules that take long to import are imported when a command needs them."""
