"""Room: the tamper-evident log, its signed heads, and the witness."""
