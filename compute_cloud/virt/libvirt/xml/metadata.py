"""What a guest's definition says of its server: in Nova's words for tools, in ours for the compute service."""

from xml.etree import ElementTree as ET

from compute_cloud.virt.libvirt.description import Label
from compute_cloud.virt.libvirt.xml.write import add

NOVA = "http://openstack.org/xmlns/libvirt/nova/1.1"
OURS = "https://compute-cloud/xmlns/libvirt/guest/1.0"
"""The mark of our guests; what lacks it, or names another host, is left alone."""

ET.register_namespace("nova", NOVA)
ET.register_namespace("cloud", OURS)


def add_metadata(domain: ET.Element, label: Label) -> None:
    """Append the metadata of a domain."""
    metadata = add(domain, "metadata")
    instance = add(metadata, f"{{{NOVA}}}instance")
    add(instance, f"{{{NOVA}}}package", version=label.product_version)
    add(instance, f"{{{NOVA}}}name", label.server_name)
    add(instance, f"{{{NOVA}}}creationTime", label.created_at)
    flavor = add(instance, f"{{{NOVA}}}flavor", name=label.flavor_name)
    add(flavor, f"{{{NOVA}}}memory", label.memory_mb)
    add(flavor, f"{{{NOVA}}}disk", label.root_gb)
    add(flavor, f"{{{NOVA}}}swap", label.swap_mb)
    add(flavor, f"{{{NOVA}}}ephemeral", label.ephemeral_gb)
    add(flavor, f"{{{NOVA}}}vcpus", label.vcpus)
    owner = add(instance, f"{{{NOVA}}}owner")
    add(owner, f"{{{NOVA}}}user", label.user_id, uuid=label.user_id)
    add(owner, f"{{{NOVA}}}project", label.project_id, uuid=label.project_id)
    add(instance, f"{{{NOVA}}}root", type="image", uuid=label.image_id)
    add(metadata, f"{{{OURS}}}guest", host=label.host)


def host_of(mark: str) -> str | None:
    """Return the compute service named in the text of our own metadata element; None when it is not readable."""
    try:
        return ET.fromstring(mark).get("host")  # noqa: S314 - libvirt's own document, without entities
    except ET.ParseError:
        return None
