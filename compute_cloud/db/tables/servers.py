"""Servers.

``body`` holds what seldom changes, as JSON of `objects.Server`; some of its fields stand beside it as columns, to be
searched by (`stores.servers` writes both). What moves while a server lives is a column of its own.
"""

from sqlalchemy import Boolean, Column, Index, Integer, SmallInteger, String

from compute_cloud.db.tables.columns import Document, Utc, table, uuid_type

SERVERS = table(
    "servers",
    # in the body too
    Column("id", uuid_type(), primary_key=True),
    Column("project_id", String(255), nullable=False),
    Column("user_id", String(255), nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("image_id", String(36)),
    Column("key_name", String(255)),
    Column("reservation_id", String(64), nullable=False),
    # of the flavor
    Column("flavor_id", String(255), nullable=False),
    Column("vcpus", Integer, nullable=False),
    Column("memory_mb", Integer, nullable=False),
    # on their own
    Column("name", String(255), nullable=False),
    Column("hostname", String(255)),
    Column("description", String(255)),
    Column("vm_state", String(32), nullable=False),
    Column("task_state", String(48)),
    Column("action", String(48)),
    Column("power_state", SmallInteger, nullable=False),
    Column("progress", SmallInteger, nullable=False),
    Column("host", String(255)),
    Column("node", String(255)),
    Column("availability_zone", String(255)),
    Column("root_device_name", String(64)),
    Column("locked", Boolean, nullable=False),
    Column("updated_at", Utc),
    Column("launched_at", Utc),
    Column("terminated_at", Utc),
    Column("deleted", Boolean, nullable=False),
    Column("body", Document, nullable=False),
    Column("flavor", Document, nullable=False),
    Column("metadata", Document, nullable=False),
    Column("tags", Document, nullable=False),
    Column("fault", Document),
    Index("ix_servers_project", "project_id", "deleted", "created_at", "id"),
    Index("ix_servers_created", "deleted", "created_at", "id"),
    Index("ix_servers_host", "host", "deleted", "node", "task_state"),
    Index("ix_servers_updated", "updated_at"),
)
