"""The pages. Each is a row of the registry: where it is, who may open it, what it shows, what may be done on it."""
