"""Messages: what is said. Frozen values ordered by conversation; imports nothing of ours."""
