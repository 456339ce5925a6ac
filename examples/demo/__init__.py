"""The demonstration: the whole walk, from an activation code to a verdict with the backend switched off."""
