"""The town hall: enrols phones, issues short-lived cards, publishes whom to trust.

Prohibitions, checked by import-linter: only `bootstrap` opens stores and keys; only `app` mounts routes; a
room imports nothing of another room but its `rules`; services and rules know neither Flask nor SQL.
"""
