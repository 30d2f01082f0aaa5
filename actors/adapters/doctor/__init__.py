"""Doctor: looks at a machine, its settings, keys and venue before an engine runs there."""
