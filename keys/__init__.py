"""The vault: signing keys and secrets by reference, one purpose a key, never a private key in git.

A reference is a URI. `file:` opens a PEM key of this machine, which is good enough for development and tests;
`pkcs11:` (RFC 7512) names a key that never leaves its token. Whoever signs holds a `Signer` and does not know
which of the two it is. The keyring says which reference serves which purpose, and from when to when.

Only `apcv_backend.bootstrap` and this package's own command line open a keyring.
"""
