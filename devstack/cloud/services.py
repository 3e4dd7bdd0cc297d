"""Wait until the cloud's API says that a conductor, a scheduler and a compute are up."""

import sys
import time

import openstack
from openstack import exceptions

NEEDED = {"conductor", "scheduler", "compute"}
LIMIT_SECONDS = 90
PAUSE_SECONDS = 0.2


def missing(cloud: openstack.connection.Connection) -> set[str]:
    """Return which of the needed services are not up."""
    up = {service.binary.rpartition("-")[2] for service in cloud.compute.services() if service.state == "up"}
    return NEEDED - up


def main() -> int:
    """Ask until all are up; 1 when the time is over."""
    cloud = openstack.connect()
    deadline = time.monotonic() + LIMIT_SECONDS
    problem: Exception | str = ""
    while time.monotonic() < deadline:
        try:
            waiting_for = missing(cloud)
        except exceptions.SDKException as failure:
            problem = failure
        else:
            if not waiting_for:
                return 0
            problem = f"not up: {', '.join(sorted(waiting_for))}"
        time.sleep(PAUSE_SECONDS)
    print(problem, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
