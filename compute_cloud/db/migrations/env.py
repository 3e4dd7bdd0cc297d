"""Where alembic finds the connection that `compute_cloud.db.schema` opened."""

from alembic import context

from compute_cloud.db.tables import METADATA


def run() -> None:
    """Run the revisions that were asked for on the connection at hand."""
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=METADATA,
        render_as_batch=True,  # SQLite alters tables by copying them
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


run()
