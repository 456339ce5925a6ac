"""The room that knows rights: what the assurance maladie answers about an insured person, and since when."""
