"""Passwords, tokens and signed links: what proves who somebody is."""
