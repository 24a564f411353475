"""REST under /api/v1: every change is a command, every answer is the asker's share."""
