"""Report: the execution quality of a run, as JSON and as one page that opens offline."""
