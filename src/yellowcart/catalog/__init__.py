"""Categories, shops, products, SKUs and stock."""
