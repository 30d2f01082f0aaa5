"""Testing: what pytest sees of scenarios, and the kinds of runs that it can search."""
