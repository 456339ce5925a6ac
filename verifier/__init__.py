"""The workstation: judge a card shown on a phone, with no network.

Installs alone, without any server package. `verify.Verifier.check` is the walk; `cli` is the door.
"""
