"""A witness of the journal's log: runs on another machine, for other people, and trusts nobody's database."""
