"""Delegations: who presents the card of whom (room representation)."""
