"""What an authenticator says of itself, and how far it is proven (WebAuthn Level 3 section 8).

`statement.check_statement` is the door: it takes one attestation statement and gives an `AttestationVerdict`
or refuses. One file a format; `chain` builds certificate paths to configured roots, `roots` reads those
roots from a folder, `mds` opens the FIDO Metadata Service's blob. An attestation is judged once, at
enrolment, under its own date: phones' certificates live from three days to a month.
"""
