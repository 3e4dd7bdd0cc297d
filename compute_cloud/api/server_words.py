"""Names of servers and their hosts as others see them."""

import hashlib
import re
from functools import lru_cache


@lru_cache(maxsize=4096)
def host_id(project_id: str | None, host: str | None) -> str:
    """Return what stands for a host to a project: the same for all its servers there, and telling nothing else."""
    if not host:
        return ""
    return hashlib.sha224(f"{project_id or ''}{host}".encode()).hexdigest()


def hostname_of(name: str, server_id: str) -> str:
    """Return the hostname that a guest gets for a server's name; one that leaves nothing gets ``Server-<id>``."""
    kept = name.encode("ascii", "ignore").decode().replace(" ", "-").replace("_", "-")
    kept = re.sub(r"[^a-z0-9.-]", "", kept.lower()).strip(".-").replace(".", "-")
    return kept[:63].rstrip("-") or f"Server-{server_id}"
