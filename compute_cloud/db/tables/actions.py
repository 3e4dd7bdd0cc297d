"""What was done to servers, and each step of it."""

from sqlalchemy import BigInteger, Column, Index, Integer, String, UniqueConstraint

from compute_cloud.db.tables.columns import Utc, long_text, table, uuid_type

ACTIONS = table(
    "actions",
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("server_id", uuid_type(), nullable=False),
    Column("request_id", String(64), nullable=False),
    Column("name", String(64), nullable=False),
    Column("user_id", String(255)),
    Column("project_id", String(255)),
    Column("started_at", Utc, nullable=False),
    Column("updated_at", Utc),
    Column("finished_at", Utc),
    Column("message", String(255)),
    UniqueConstraint("server_id", "request_id"),
)

EVENTS = table(
    "action_events",
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("server_id", uuid_type(), nullable=False),
    Column("request_id", String(64), nullable=False),
    Column("name", String(64), nullable=False),
    Column("started_at", Utc, nullable=False),
    Column("finished_at", Utc),
    Column("result", String(16)),
    Column("host", String(255)),
    Column("details", long_text()),
    Column("traceback", long_text()),
    Index("ix_action_events_action", "server_id", "request_id"),
)
