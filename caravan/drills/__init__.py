"""Drills: a night that happened, or might, played again against the program in a realm of its own."""
