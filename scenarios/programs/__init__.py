"""Programs: ordinary Pykka programs, unchanged, on one thread and in virtual time."""
