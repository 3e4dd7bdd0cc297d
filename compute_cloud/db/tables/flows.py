"""The records of flows: `lifecycle.saga.Record`, a column a field. Times are seconds since the epoch."""

from sqlalchemy import Column, Double, Index, Integer, String

from compute_cloud.db.tables.columns import Document, long_text, table, uuid_type

FLOWS = table(
    "flows",
    Column("id", uuid_type(), primary_key=True),
    Column("kind", String(64), nullable=False),
    Column("subject", String(64), nullable=False),
    Column("context", Document, nullable=False),
    Column("params", Document, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("updated_at", Double),
    Column("deadline", Double, nullable=False),
    Column("status", String(16), nullable=False),
    Column("outputs", Document, nullable=False),
    Column("ticket", String(64)),
    Column("asked", String(255)),
    Column("casts", Integer, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("failed_at", String(64)),
    Column("reason", long_text()),
    Column("reason_kind", String(32)),
    Column("generation", Integer, nullable=False),
    Column("owner", String(255)),
    Column("wake_at", Double),
    Index("ix_flows_wake", "wake_at"),
    Index("ix_flows_subject", "subject", "status"),
    Index("ix_flows_status", "status", "created_at"),
    Index("ix_flows_asked", "asked", "status"),
    Index("ix_flows_owner", "owner"),
)
