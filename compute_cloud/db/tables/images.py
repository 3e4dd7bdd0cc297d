"""Records of the embedded image service; the files are the API daemon's."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, String

from compute_cloud.db.tables.columns import Document, Utc, table, uuid_type

IMAGES = table(
    "images",
    Column("id", uuid_type(), primary_key=True),
    Column("name", String(255)),
    Column("status", String(32), nullable=False),
    Column("visibility", String(32), nullable=False),
    Column("owner", String(255)),
    Column("disk_format", String(32)),
    Column("container_format", String(32)),
    Column("size_bytes", BigInteger),
    Column("virtual_size_bytes", BigInteger),
    Column("checksum", String(32)),
    Column("hash_algo", String(32)),
    Column("hash_value", String(128)),
    Column("min_disk_gb", Integer, nullable=False),
    Column("min_ram_mb", Integer, nullable=False),
    Column("protected", Boolean, nullable=False),
    Column("hidden", Boolean, nullable=False),
    Column("tags", Document, nullable=False),
    Column("properties", Document, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("updated_at", Utc, nullable=False),
    Index("ix_images_owner", "owner", "created_at"),
    Index("ix_images_visibility", "visibility", "created_at"),
)

IMAGE_MEMBERS = table(
    "image_members",
    Column("image_id", uuid_type(), ForeignKey(IMAGES.c.id, ondelete="CASCADE"), primary_key=True),
    Column("project_id", String(255), primary_key=True),
    Column("status", String(16), nullable=False),
)
