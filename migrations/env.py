"""Runs the migrations on the connection that `deskfleet.migrate` hands over."""

from alembic import context
from sqlalchemy import Connection, text

connection: Connection = context.config.attributes["connection"]
# While a change waits for a table, everybody else waits behind it: it gives up soon, and is tried again.
connection.execute(text("set lock_timeout = '3s'"))
connection.commit()
context.configure(connection=connection, transactional_ddl=True, transaction_per_migration=True)
with context.begin_transaction():
    context.run_migrations()
