"""From a description to libvirt's XML; no I/O."""

from compute_cloud.virt.libvirt.xml.domain import domain_xml

__all__ = ["domain_xml"]
