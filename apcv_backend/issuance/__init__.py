"""The room that issues: an enrolled phone asks, and receives short-lived cards sealed for its key."""
