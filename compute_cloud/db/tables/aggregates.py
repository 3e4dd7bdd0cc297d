"""Groups of hosts; an availability zone is an aggregate whose metadata says so."""

from sqlalchemy import Column, ForeignKey, Integer, String

from compute_cloud.db.tables.columns import Utc, table, uuid_type

AGGREGATES = table(
    "aggregates",
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("uuid", uuid_type(), nullable=False, unique=True),
    Column("name", String(255), nullable=False, unique=True),
    Column("created_at", Utc, nullable=False),
    Column("updated_at", Utc),
)

AGGREGATE_HOSTS = table(
    "aggregate_hosts",
    Column("aggregate_id", Integer, ForeignKey(AGGREGATES.c.id, ondelete="CASCADE"), primary_key=True),
    Column("host", String(255), primary_key=True, index=True),
)

AGGREGATE_METADATA = table(
    "aggregate_metadata",
    Column("aggregate_id", Integer, ForeignKey(AGGREGATES.c.id, ondelete="CASCADE"), primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("value", String(255), nullable=False),
)
