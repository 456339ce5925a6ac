"""The pocket: a real holder of cards, as a library and a command line.

A phone is played by a program, and nothing between its ends is faked: the WebAuthn authenticator makes
genuine attestation objects and assertions, the pocket keeps keys and cards, the client talks HTTP to a
backend it knows only by its address, and the QR it draws is the one a till reads.
"""
