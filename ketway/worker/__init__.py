"""Asks for leases over HTTP, runs each in a child process, reports; knows no store."""
