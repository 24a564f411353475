"""Alembic's entry: always on a connection that the program opened."""

from __future__ import annotations

from alembic import context

from caravan.server.db.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,
    transactional_ddl=False,
)
context.run_migrations()
