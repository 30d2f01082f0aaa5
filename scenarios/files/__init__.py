"""Files: the saved form of a workload and of a story, as people read and write it."""
