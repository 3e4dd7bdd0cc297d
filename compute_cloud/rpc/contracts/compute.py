"""What a compute host can be asked. A cast bears a ticket, which the host answers at the conductor."""

from typing import ClassVar, Protocol

from compute_cloud.context import Context
from compute_cloud.objects.boot import BootOrder
from compute_cloud.rpc.contract import Contract, call, cast


class ComputeRpc(Contract, Protocol):
    """Each host listens under its own name."""

    topic: ClassVar[str] = "compute"
    version: ClassVar[str] = "1.0"

    @cast(since="1.0")
    def spawn_guest(self, context: Context, *, ticket: str, node: str, order: BootOrder) -> None:
        """Build the guest on the node and start it; a guest that runs already is a success."""
        ...

    @cast(since="1.0")
    def destroy_guest(self, context: Context, *, ticket: str, server_id: str) -> None:
        """Stop the guest and remove all that belongs to it; none there is a success."""
        ...

    @call(since="1.0", timeout=30)
    def console_output(self, context: Context, *, server_id: str, lines: int | None) -> str:
        """Return the last lines of the guest's console, all that is kept when None. Raises NotFound."""
        ...
