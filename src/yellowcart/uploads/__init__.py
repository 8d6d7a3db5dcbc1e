"""Files that people bring: checked by what is in them, written anew, kept outside the web root."""
