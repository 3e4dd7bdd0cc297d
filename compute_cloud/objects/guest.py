"""What the API and the hypervisors' drivers must agree on about guests."""


def guest_name(server_id: str, template: str) -> str:
    """Return the hypervisor's name of a guest: the template filled with the first 32 bits of the id, or ``uuid``."""
    if "%(uuid)" in template:
        return template % {"uuid": server_id}
    return template % int(server_id[:8], 16)
