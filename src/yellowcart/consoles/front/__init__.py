"""The front door: language, signing in, registering, static files, the first page."""
