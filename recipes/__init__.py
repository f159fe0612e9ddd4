"""Shipped recipes, and the generators of the tiny problems."""
