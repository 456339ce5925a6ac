"""The room that knows professionals: the directory, loaded from files in the shape of the Annuaire Santé."""
