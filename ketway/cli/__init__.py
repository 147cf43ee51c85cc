"""The command line; starts the rest through bootstrap."""
