"""Flavors, and the projects that may use private ones."""

from sqlalchemy import Boolean, Column, Double, ForeignKey, Integer, String, UniqueConstraint

from compute_cloud.db.tables.columns import Document, Utc, long_text, table

FLAVORS = table(
    "flavors",
    Column("id", String(255), primary_key=True),
    Column("name", String(255), nullable=False),
    Column("vcpus", Integer, nullable=False),
    Column("memory_mb", Integer, nullable=False),
    Column("root_gb", Integer, nullable=False),
    Column("ephemeral_gb", Integer, nullable=False),
    Column("swap_mb", Integer, nullable=False),
    Column("rxtx_factor", Double, nullable=False),
    Column("is_public", Boolean, nullable=False),
    Column("disabled", Boolean, nullable=False),
    Column("description", long_text()),
    Column("extra_specs", Document, nullable=False),
    Column("created_at", Utc, nullable=False),
    UniqueConstraint("name"),
)

FLAVOR_PROJECTS = table(
    "flavor_projects",
    Column("flavor_id", String(255), ForeignKey(FLAVORS.c.id, ondelete="CASCADE"), primary_key=True),
    Column("project_id", String(255), primary_key=True),
)
