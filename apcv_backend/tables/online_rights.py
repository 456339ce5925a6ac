"""Presences, queries and what insurers publish (rooms presences and rights)."""
