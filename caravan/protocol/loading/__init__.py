"""From the text of a protocol file to the model: its keys, its tables, and every problem with its place."""
