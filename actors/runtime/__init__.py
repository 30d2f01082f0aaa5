"""Runtime: what an actor is, and how it is run, in threads and in simulation alike."""
