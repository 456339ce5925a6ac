"""The half that clients ask: codes, tokens, claims, sessions, log-out."""
