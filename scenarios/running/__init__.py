"""Running: an engine at the venue of this package, in a terminal; market, options, summary."""
