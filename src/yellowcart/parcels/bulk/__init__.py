"""Bulk shipping: orders to ship as a file, and a file of waybills applied to them."""
