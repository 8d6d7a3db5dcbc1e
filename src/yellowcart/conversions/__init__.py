"""Orders that outside networks report back: read from their files and calls, kept with their history."""
