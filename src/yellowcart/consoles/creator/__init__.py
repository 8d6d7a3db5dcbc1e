"""The creator's pages."""
