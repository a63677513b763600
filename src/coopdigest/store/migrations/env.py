"""Alembic's entry: run the migrations on the connection that `store.migrating` hands over."""

from __future__ import annotations

from alembic import context

from coopdigest.store.indexes import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,  # the whole upgrade is one transaction, on SQLite too
)
context.run_migrations()
