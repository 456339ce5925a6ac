"""Floor 1, bytes: strict CBOR and JSON, COSE_Sign1, the texts of the codes. Nothing here knows a card."""
