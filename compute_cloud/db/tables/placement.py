"""What hosts have and who has claimed it, in the placement model.

``changed_at`` is the database's own clock, so that deltas do not depend on the clocks of conductors.
"""

from sqlalchemy import BigInteger, Boolean, Column, Double, ForeignKey, Index, Integer, String, UniqueConstraint

from compute_cloud.db.tables.columns import Document, Utc, table, uuid_type

PROVIDERS = table(
    "resource_providers",
    Column("uuid", uuid_type(), primary_key=True),
    Column("name", String(255), nullable=False),
    Column("parent_uuid", uuid_type()),
    Column("generation", Integer, nullable=False),
)

TRAITS = table(
    "provider_traits",
    Column("provider_uuid", uuid_type(), ForeignKey(PROVIDERS.c.uuid, ondelete="CASCADE"), primary_key=True),
    Column("trait", String(255), primary_key=True),
)

INVENTORIES = table(
    "inventories",
    Column("provider_uuid", uuid_type(), ForeignKey(PROVIDERS.c.uuid, ondelete="CASCADE"), primary_key=True),
    Column("resource_class", String(255), primary_key=True),
    Column("total", BigInteger, nullable=False),
    Column("reserved", BigInteger, nullable=False),
    Column("min_unit", BigInteger, nullable=False),
    Column("max_unit", BigInteger, nullable=False),
    Column("step_size", BigInteger, nullable=False),
    Column("allocation_ratio", Double, nullable=False),
    Column("used", BigInteger, nullable=False),
    Column("changed_at", Utc, nullable=False, index=True),
)

ALLOCATIONS = table(
    "allocations",
    Column("consumer_id", uuid_type(), primary_key=True),
    Column("provider_uuid", uuid_type(), ForeignKey(PROVIDERS.c.uuid), primary_key=True),
    Column("resource_class", String(255), primary_key=True),
    Column("amount", BigInteger, nullable=False),
    Index("ix_allocations_provider", "provider_uuid"),
)

NODES = table(
    "nodes",
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("uuid", uuid_type(), ForeignKey(PROVIDERS.c.uuid), nullable=False, unique=True),
    Column("host", String(255), nullable=False),
    Column("name", String(255), nullable=False),
    Column("report", Document, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("gone", Boolean, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("changed_at", Utc, nullable=False, index=True),
    UniqueConstraint("host", "name"),
)
