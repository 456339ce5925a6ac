"""Room: a card shown at a till that is online becomes a presence token."""
