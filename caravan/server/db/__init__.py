"""The journal on disk, and the tables read from the picture."""
