"""The daemons of the cloud."""

from sqlalchemy import Boolean, Column, Integer, String, UniqueConstraint

from compute_cloud.db.tables.columns import Utc, table, uuid_type

SERVICES = table(
    "services",
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("uuid", uuid_type(), nullable=False, unique=True),
    Column("host", String(255), nullable=False),
    Column("binary", String(64), nullable=False),
    Column("disabled", Boolean, nullable=False),
    Column("disabled_reason", String(255)),
    Column("forced_down", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
    Column("seen_at", Utc),
    Column("created_at", Utc, nullable=False),
    Column("changed_at", Utc, nullable=False, index=True),
    UniqueConstraint("host", "binary"),
)
