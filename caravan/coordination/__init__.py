"""Deciding: command and picture in, facts out. Pure: no clock, no I/O."""
