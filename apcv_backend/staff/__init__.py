"""Room: agents, operators and clerks, each with their own key, a role and a structure."""
