"""Outside sources: recognising their links, the dated rules that govern them, and the verdict of a moment."""
