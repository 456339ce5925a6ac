"""The parts of one WebAuthn exchange, each read strictly before any library sees it.

`errors` names every refusal, `policy` says what one card kind asks for, `response` reads the JSON of the
browser, `client_data` and `authenticator_data` read what was signed, `cose_key` reads the new key.
`webauthn_ceremony` puts them in order.
"""
