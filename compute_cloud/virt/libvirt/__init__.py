"""Guests under libvirt and QEMU."""
