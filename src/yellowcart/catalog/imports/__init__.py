"""Moving house: the goods of a file come into a shop, row by row, after a preview."""
