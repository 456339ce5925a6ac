"""Room: what insurers publish of their members' contracts, and their own cards."""
