"""The rules. No I/O, nothing but the standard library."""
