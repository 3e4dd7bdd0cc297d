"""The first schema."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from compute_cloud.db.tables.columns import Document, Utc, long_text, uuid_type

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None
phase = "expand"

OPTIONS: dict[str, Any] = {"mysql_engine": "InnoDB", "mysql_default_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin"}
COUNTER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _action_events()
    _actions()
    _aggregates()
    _flavors()
    _flows()
    _images()
    _quota_classes()
    _quota_limits()
    _quota_usages()
    _resource_providers()
    _servers()
    _services()
    _aggregate_hosts()
    _aggregate_metadata()
    _allocations()
    _flavor_projects()
    _image_members()
    _inventories()
    _nodes()
    _provider_traits()


def _action_events() -> None:
    op.create_table(
        "action_events",
        sa.Column("id", COUNTER, autoincrement=True, nullable=False),
        sa.Column("server_id", uuid_type(), nullable=False),
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("started_at", Utc, nullable=False),
        sa.Column("finished_at", Utc),
        sa.Column("result", sa.String(length=16)),
        sa.Column("host", sa.String(length=255)),
        sa.Column("details", long_text()),
        sa.Column("traceback", long_text()),
        sa.PrimaryKeyConstraint("id", name="pk_action_events"),
        **OPTIONS,
    )
    op.create_index("ix_action_events_action", "action_events", ["server_id", "request_id"])


def _actions() -> None:
    op.create_table(
        "actions",
        sa.Column("id", COUNTER, autoincrement=True, nullable=False),
        sa.Column("server_id", uuid_type(), nullable=False),
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.String(length=255)),
        sa.Column("project_id", sa.String(length=255)),
        sa.Column("started_at", Utc, nullable=False),
        sa.Column("updated_at", Utc),
        sa.Column("finished_at", Utc),
        sa.Column("message", sa.String(length=255)),
        sa.PrimaryKeyConstraint("id", name="pk_actions"),
        sa.UniqueConstraint("server_id", "request_id", name="uq_actions_server_id_request_id"),
        **OPTIONS,
    )


def _aggregates() -> None:
    op.create_table(
        "aggregates",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("uuid", uuid_type(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("created_at", Utc, nullable=False),
        sa.Column("updated_at", Utc),
        sa.PrimaryKeyConstraint("id", name="pk_aggregates"),
        sa.UniqueConstraint("name", name="uq_aggregates_name"),
        sa.UniqueConstraint("uuid", name="uq_aggregates_uuid"),
        **OPTIONS,
    )


def _flavors() -> None:
    op.create_table(
        "flavors",
        sa.Column("id", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("vcpus", sa.Integer(), nullable=False),
        sa.Column("memory_mb", sa.Integer(), nullable=False),
        sa.Column("root_gb", sa.Integer(), nullable=False),
        sa.Column("ephemeral_gb", sa.Integer(), nullable=False),
        sa.Column("swap_mb", sa.Integer(), nullable=False),
        sa.Column("rxtx_factor", sa.Double(), nullable=False),
        sa.Column("is_public", sa.Boolean(), nullable=False),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("description", long_text()),
        sa.Column("extra_specs", Document, nullable=False),
        sa.Column("created_at", Utc, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_flavors"),
        sa.UniqueConstraint("name", name="uq_flavors_name"),
        **OPTIONS,
    )


def _flows() -> None:
    op.create_table(
        "flows",
        sa.Column("id", uuid_type(), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("context", Document, nullable=False),
        sa.Column("params", Document, nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("updated_at", sa.Double()),
        sa.Column("deadline", sa.Double(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("outputs", Document, nullable=False),
        sa.Column("ticket", sa.String(length=64)),
        sa.Column("asked", sa.String(length=255)),
        sa.Column("casts", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("failed_at", sa.String(length=64)),
        sa.Column("reason", long_text()),
        sa.Column("reason_kind", sa.String(length=32)),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(length=255)),
        sa.Column("wake_at", sa.Double()),
        sa.PrimaryKeyConstraint("id", name="pk_flows"),
        **OPTIONS,
    )
    op.create_index("ix_flows_asked", "flows", ["asked", "status"])
    op.create_index("ix_flows_owner", "flows", ["owner"])
    op.create_index("ix_flows_status", "flows", ["status", "created_at"])
    op.create_index("ix_flows_subject", "flows", ["subject", "status"])
    op.create_index("ix_flows_wake", "flows", ["wake_at"])


def _images() -> None:
    op.create_table(
        "images",
        sa.Column("id", uuid_type(), nullable=False),
        sa.Column("name", sa.String(length=255)),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("visibility", sa.String(length=32), nullable=False),
        sa.Column("owner", sa.String(length=255)),
        sa.Column("disk_format", sa.String(length=32)),
        sa.Column("container_format", sa.String(length=32)),
        sa.Column("size_bytes", sa.BigInteger()),
        sa.Column("virtual_size_bytes", sa.BigInteger()),
        sa.Column("checksum", sa.String(length=32)),
        sa.Column("hash_algo", sa.String(length=32)),
        sa.Column("hash_value", sa.String(length=128)),
        sa.Column("min_disk_gb", sa.Integer(), nullable=False),
        sa.Column("min_ram_mb", sa.Integer(), nullable=False),
        sa.Column("protected", sa.Boolean(), nullable=False),
        sa.Column("hidden", sa.Boolean(), nullable=False),
        sa.Column("tags", Document, nullable=False),
        sa.Column("properties", Document, nullable=False),
        sa.Column("created_at", Utc, nullable=False),
        sa.Column("updated_at", Utc, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_images"),
        **OPTIONS,
    )
    op.create_index("ix_images_owner", "images", ["owner", "created_at"])
    op.create_index("ix_images_visibility", "images", ["visibility", "created_at"])


def _quota_classes() -> None:
    op.create_table(
        "quota_classes",
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("resource", sa.String(length=64), nullable=False),
        sa.Column("hard_limit", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", "resource", name="pk_quota_classes"),
        **OPTIONS,
    )


def _quota_limits() -> None:
    op.create_table(
        "quota_limits",
        sa.Column("project_id", sa.String(length=255), nullable=False),
        sa.Column("user_id", sa.String(length=255), nullable=False),
        sa.Column("resource", sa.String(length=64), nullable=False),
        sa.Column("hard_limit", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("project_id", "user_id", "resource", name="pk_quota_limits"),
        **OPTIONS,
    )


def _quota_usages() -> None:
    op.create_table(
        "quota_usages",
        sa.Column("project_id", sa.String(length=255), nullable=False),
        sa.Column("instances", sa.BigInteger(), nullable=False),
        sa.Column("cores", sa.BigInteger(), nullable=False),
        sa.Column("ram", sa.BigInteger(), nullable=False),
        sa.Column("server_groups", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("project_id", name="pk_quota_usages"),
        **OPTIONS,
    )


def _resource_providers() -> None:
    op.create_table(
        "resource_providers",
        sa.Column("uuid", uuid_type(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("parent_uuid", uuid_type()),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("uuid", name="pk_resource_providers"),
        **OPTIONS,
    )


def _servers() -> None:
    op.create_table(
        "servers",
        sa.Column("id", uuid_type(), nullable=False),
        sa.Column("project_id", sa.String(length=255), nullable=False),
        sa.Column("user_id", sa.String(length=255), nullable=False),
        sa.Column("created_at", Utc, nullable=False),
        sa.Column("image_id", sa.String(length=36)),
        sa.Column("key_name", sa.String(length=255)),
        sa.Column("reservation_id", sa.String(length=64), nullable=False),
        sa.Column("flavor_id", sa.String(length=255), nullable=False),
        sa.Column("vcpus", sa.Integer(), nullable=False),
        sa.Column("memory_mb", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("hostname", sa.String(length=255)),
        sa.Column("description", sa.String(length=255)),
        sa.Column("vm_state", sa.String(length=32), nullable=False),
        sa.Column("task_state", sa.String(length=48)),
        sa.Column("action", sa.String(length=48)),
        sa.Column("power_state", sa.SmallInteger(), nullable=False),
        sa.Column("progress", sa.SmallInteger(), nullable=False),
        sa.Column("host", sa.String(length=255)),
        sa.Column("node", sa.String(length=255)),
        sa.Column("availability_zone", sa.String(length=255)),
        sa.Column("root_device_name", sa.String(length=64)),
        sa.Column("locked", sa.Boolean(), nullable=False),
        sa.Column("updated_at", Utc),
        sa.Column("launched_at", Utc),
        sa.Column("terminated_at", Utc),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.Column("body", Document, nullable=False),
        sa.Column("flavor", Document, nullable=False),
        sa.Column("metadata", Document, nullable=False),
        sa.Column("tags", Document, nullable=False),
        sa.Column("fault", Document),
        sa.PrimaryKeyConstraint("id", name="pk_servers"),
        **OPTIONS,
    )
    op.create_index("ix_servers_created", "servers", ["deleted", "created_at", "id"])
    op.create_index("ix_servers_host", "servers", ["host", "deleted", "node", "task_state"])
    op.create_index("ix_servers_project", "servers", ["project_id", "deleted", "created_at", "id"])
    op.create_index("ix_servers_updated", "servers", ["updated_at"])


def _services() -> None:
    op.create_table(
        "services",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("uuid", uuid_type(), nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("binary", sa.String(length=64), nullable=False),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("disabled_reason", sa.String(length=255)),
        sa.Column("forced_down", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("seen_at", Utc),
        sa.Column("created_at", Utc, nullable=False),
        sa.Column("changed_at", Utc, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_services"),
        sa.UniqueConstraint("host", "binary", name="uq_services_host_binary"),
        sa.UniqueConstraint("uuid", name="uq_services_uuid"),
        **OPTIONS,
    )
    op.create_index("ix_services_changed_at", "services", ["changed_at"])


def _aggregate_hosts() -> None:
    op.create_table(
        "aggregate_hosts",
        sa.Column("aggregate_id", sa.Integer(), nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(
            ["aggregate_id"], ["aggregates.id"], name="fk_aggregate_hosts_aggregate_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("aggregate_id", "host", name="pk_aggregate_hosts"),
        **OPTIONS,
    )
    op.create_index("ix_aggregate_hosts_host", "aggregate_hosts", ["host"])


def _aggregate_metadata() -> None:
    op.create_table(
        "aggregate_metadata",
        sa.Column("aggregate_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("value", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(
            ["aggregate_id"], ["aggregates.id"], name="fk_aggregate_metadata_aggregate_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("aggregate_id", "key", name="pk_aggregate_metadata"),
        **OPTIONS,
    )


def _allocations() -> None:
    op.create_table(
        "allocations",
        sa.Column("consumer_id", uuid_type(), nullable=False),
        sa.Column("provider_uuid", uuid_type(), nullable=False),
        sa.Column("resource_class", sa.String(length=255), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["provider_uuid"], ["resource_providers.uuid"], name="fk_allocations_provider_uuid"),
        sa.PrimaryKeyConstraint("consumer_id", "provider_uuid", "resource_class", name="pk_allocations"),
        **OPTIONS,
    )
    op.create_index("ix_allocations_provider", "allocations", ["provider_uuid"])


def _flavor_projects() -> None:
    op.create_table(
        "flavor_projects",
        sa.Column("flavor_id", sa.String(length=255), nullable=False),
        sa.Column("project_id", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(["flavor_id"], ["flavors.id"], name="fk_flavor_projects_flavor_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("flavor_id", "project_id", name="pk_flavor_projects"),
        **OPTIONS,
    )


def _image_members() -> None:
    op.create_table(
        "image_members",
        sa.Column("image_id", uuid_type(), nullable=False),
        sa.Column("project_id", sa.String(length=255), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(["image_id"], ["images.id"], name="fk_image_members_image_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("image_id", "project_id", name="pk_image_members"),
        **OPTIONS,
    )


def _inventories() -> None:
    op.create_table(
        "inventories",
        sa.Column("provider_uuid", uuid_type(), nullable=False),
        sa.Column("resource_class", sa.String(length=255), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("reserved", sa.BigInteger(), nullable=False),
        sa.Column("min_unit", sa.BigInteger(), nullable=False),
        sa.Column("max_unit", sa.BigInteger(), nullable=False),
        sa.Column("step_size", sa.BigInteger(), nullable=False),
        sa.Column("allocation_ratio", sa.Double(), nullable=False),
        sa.Column("used", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", Utc, nullable=False),
        sa.ForeignKeyConstraint(
            ["provider_uuid"], ["resource_providers.uuid"], name="fk_inventories_provider_uuid", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("provider_uuid", "resource_class", name="pk_inventories"),
        **OPTIONS,
    )
    op.create_index("ix_inventories_changed_at", "inventories", ["changed_at"])


def _nodes() -> None:
    op.create_table(
        "nodes",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("uuid", uuid_type(), nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("report", Document, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("gone", sa.Boolean(), nullable=False),
        sa.Column("created_at", Utc, nullable=False),
        sa.Column("changed_at", Utc, nullable=False),
        sa.ForeignKeyConstraint(["uuid"], ["resource_providers.uuid"], name="fk_nodes_uuid"),
        sa.PrimaryKeyConstraint("id", name="pk_nodes"),
        sa.UniqueConstraint("host", "name", name="uq_nodes_host_name"),
        sa.UniqueConstraint("uuid", name="uq_nodes_uuid"),
        **OPTIONS,
    )
    op.create_index("ix_nodes_changed_at", "nodes", ["changed_at"])


def _provider_traits() -> None:
    op.create_table(
        "provider_traits",
        sa.Column("provider_uuid", uuid_type(), nullable=False),
        sa.Column("trait", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(
            ["provider_uuid"], ["resource_providers.uuid"], name="fk_provider_traits_provider_uuid", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("provider_uuid", "trait", name="pk_provider_traits"),
        **OPTIONS,
    )
