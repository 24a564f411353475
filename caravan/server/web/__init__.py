"""The web: the API, the pages and the live map, all behind one session and one share."""
