"""Hypervisor drivers: what one is asked, and those that there are."""
