from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from llm.models import LlmBudget, LlmCall, LlmReservation
from runtime.database import Table, engine

OURS = {model.__tablename__ for model in (LlmBudget, LlmCall, LlmReservation)}


def test_the_migrations_make_the_tables_that_the_models_describe(database: str) -> None:
    with engine().connect() as connection:
        options = {
            "include_name": lambda name, kind, _parents: kind != "table" or name in OURS,
            "include_object": lambda _thing, name, kind, _reflected, _other: kind != "table" or name in OURS,
            "compare_type": True,
        }
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, Table.metadata) == []
