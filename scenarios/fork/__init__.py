"""Fork: a recorded run under other settings, exact until the venue has another word."""
