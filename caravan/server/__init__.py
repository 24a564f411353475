"""The part that touches the world: clock, database, web. Nothing below it does."""
