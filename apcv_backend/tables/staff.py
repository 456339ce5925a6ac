"""Staff: agents, operators, clerks, and what takes two people (room staff)."""
