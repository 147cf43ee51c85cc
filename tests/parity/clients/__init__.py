"""Programs that use a published client as its users did, each run by that client's own Python.

They know nothing of ketway: they read where the server is, and print what they saw.
"""
