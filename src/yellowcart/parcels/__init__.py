"""Parcels: what leaves a shop, by which waybill, where it is, and who carries it."""
