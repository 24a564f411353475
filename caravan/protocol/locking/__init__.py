"""What a pack locks: that a file made from it keeps it, and no weaker."""
