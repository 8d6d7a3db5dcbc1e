"""Money in and back: gateways, the cashier, what providers tell us, refunds, reconciliation."""
