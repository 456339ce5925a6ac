"""The tables of sign-in, behind its ports."""
