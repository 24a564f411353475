"""A protocol in words: its parts as people say them, and the document that is read and signed."""
