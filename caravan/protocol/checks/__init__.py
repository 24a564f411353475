"""What a protocol that loads may still have wrong, subject by subject."""
