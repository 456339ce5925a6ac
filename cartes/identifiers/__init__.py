"""Floor 0, numbers: one short module a number; each is built right or not at all."""
