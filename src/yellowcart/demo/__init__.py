"""The demo world: its story as data, its pictures, its sample stream and its simulated crowd."""
