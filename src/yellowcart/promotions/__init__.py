"""What lowers a price, and who bears it: coupons, room-only and flash prices with their quota."""
