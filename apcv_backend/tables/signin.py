"""Sign-in: clients, attempts, codes and tokens (room signin)."""
