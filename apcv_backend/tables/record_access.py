"""Consents and decisions of access to the record (room record_access)."""
