"""What is asked when a server is booted; made in the API and carried unchanged to the driver."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from compute_cloud.objects.flavor import Flavor
from compute_cloud.objects.image import Image


@dataclass(frozen=True, kw_only=True)
class BootOrder:
    """One server to be built.

    ``availability_zone`` is what the user asked for (None: any); ``forced_host``/``forced_node`` come
    from ``zone:host:node`` and skip the filters, ``host``/``hypervisor_hostname`` (2.74) do not.
    ``user_data`` is base64 as it was given. ``hints`` maps each scheduler hint to its values.
    """

    server_id: str
    name: str
    project_id: str
    user_id: str
    flavor: Flavor
    image: Image
    reservation_id: str
    launch_index: int = 0
    hostname: str
    description: str | None = None
    availability_zone: str | None = None
    forced_host: str | None = None
    forced_node: str | None = None
    host: str | None = None
    hypervisor_hostname: str | None = None
    hints: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    metadata: Mapping[str, str] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    key_name: str | None = None
    user_data: str | None = field(default=None, repr=False)
    config_drive: bool = False
    access_ip_v4: str | None = None
    access_ip_v6: str | None = None
    disk_config: str = "MANUAL"
    trusted_certificates: tuple[str, ...] | None = None
