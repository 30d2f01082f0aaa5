"""HTTP: the service's own port for programs and for people's browsers."""
