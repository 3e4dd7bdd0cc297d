"""Problems that the conductor's own code catches."""

from compute_cloud.errors import Conflict


class Overtaken(Conflict):
    """The server is in other hands now: what a flow meant to write has no place any more."""
