"""Benchmarks named by the user's moment, each beside its limit or a peer measured in the same run.

Machines differ and neighbours come and go: no figure here means anything alone. Every moment is measured
turn by turn with what it is compared to, and what is kept is a ratio.
"""
