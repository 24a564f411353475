"""Shelters: their places by kind, what they admit, and how a group is placed in them."""
