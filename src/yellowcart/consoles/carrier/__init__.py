"""The console of carriers and brokers: needs that they may quote on, and their quotes."""
