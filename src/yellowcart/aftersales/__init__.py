"""After-sales: what is owed to a buyer after an order was paid, case by case, line by line."""
