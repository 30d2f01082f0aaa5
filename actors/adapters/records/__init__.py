"""Records: what happened, for people; a database and an audit log, made of the journal."""
