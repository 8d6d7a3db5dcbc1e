"""The pages: buyer, creator, merchant, operator, and the front door. No business rule lives here."""
