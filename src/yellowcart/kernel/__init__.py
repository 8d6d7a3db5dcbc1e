"""Floor 0: database, money, ids, clock, errors, events, translation. Knows nothing of commerce."""
