"""Terminal: the verbs that show and command a running engine, by its folder or its address."""
