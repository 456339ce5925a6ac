"""The tamper-evident log, its heads, incidents, and one key a person (room transparency)."""
