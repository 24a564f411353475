"""One version beside another: what differs, what it would have changed, and carrying what runs over to it."""
