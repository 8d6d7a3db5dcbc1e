"""Offers and agencies: the terms between merchants, creators and MCNs."""
