"""Actors: who acts. One file per actor; rules in `policies`, the machine in `runtime`."""
