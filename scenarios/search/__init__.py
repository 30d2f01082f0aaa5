"""Search: seeds over processes, what they find, and how a find becomes small."""
