"""The room `office`: the pages staff look at. They hold no decision: each asks the doors of the "
"other rooms."""
