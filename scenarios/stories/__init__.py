"""Stories: incidents that happened to somebody, one file each, told so that they can be run."""
