"""A third-party service that professionals sign in to with their e-CPS, as its developers would write it."""
