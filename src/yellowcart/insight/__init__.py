"""What happened and what it means: every number of every page, with what it counts."""
