"""Where goods can go and what that costs: Chinese districts, freight templates, what a product promises."""
