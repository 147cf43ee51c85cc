"""Starts and stops workers, by command line."""
