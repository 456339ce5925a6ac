"""The ground floor: numbers, people, rights, both cards, seals and proofs. No file, no clock, no network."""
