"""One emulator a file, imported only in a worker's child process."""
