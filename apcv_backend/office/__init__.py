"""The room `office`: the pages staff look at. They decide nothing: each asks the doors of other rooms."""
