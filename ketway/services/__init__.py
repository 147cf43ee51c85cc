"""The use cases: each reads as find, allow, decide, keep."""
