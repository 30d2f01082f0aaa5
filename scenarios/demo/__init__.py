"""Demo: half a minute of the paper engine in trouble, told as it happens."""
