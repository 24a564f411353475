"""Placement in plain Python: tables of small integers, a placement that can be changed and undone, and the searches."""
