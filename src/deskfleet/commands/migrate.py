"""deskfleet migrate: the schema, before the processes of a new version start."""

import typer

from deskfleet import migrate as migrations

migrate = typer.Typer(add_completion=False)


@migrate.command()
def upgrade() -> None:
    """Bring the schema up to date. Does nothing when it is."""
    migrations.migrate()
    print("The schema is up to date.")
