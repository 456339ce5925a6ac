"""Floor 0, codes: the official tables as enums, each under the name and OID of its nomenclature."""
