"""The publication room: trust list and status lists as static signed files (The Update Framework)."""
