"""A small contract with every kind of method, and a service that answers it."""

from dataclasses import dataclass, field
from typing import ClassVar, Protocol

from compute_cloud.concurrency import Event, Queue
from compute_cloud.context import Context
from compute_cloud.errors import Conflict, NotFound
from compute_cloud.objects.boot import BootOrder
from compute_cloud.objects.flavor import Flavor
from compute_cloud.rpc.contract import Contract, call, cast


class KilnRpc(Contract, Protocol):
    """What a kiln can be asked."""

    topic: ClassVar[str] = "kiln"
    version: ClassVar[str] = "1.1"

    @cast(since="1.0")
    def fire(self, context: Context, *, ticket: str, order: BootOrder) -> None:
        """Fire."""
        ...

    @call(since="1.0", timeout=5)
    def look(self, context: Context, *, server_id: str, lines: int | None) -> tuple[Flavor, ...]:
        """Look."""
        ...

    @call(since="1.1", timeout=0.3)
    def wait(self, context: Context, *, seconds: float, why: str = "for nothing") -> str:
        """Wait."""
        ...


class Kiln:
    """Remembers who asked for what."""

    def __init__(self):
        self.contexts = Queue()
        self.orders = Queue()
        self.hold = Event()

    def fire(self, context: Context, *, ticket: str, order: BootOrder) -> None:
        self.contexts.put(context)
        self.orders.put(order)
        if ticket == "break":
            raise ValueError("broken glass")

    def look(self, context: Context, *, server_id: str, lines: int | None) -> tuple[Flavor, ...]:
        self.contexts.put(context)
        if server_id == "none":
            raise NotFound("There is no such kiln.", field="server_id", detail="row 7 is missing")
        if server_id == "busy":
            raise Conflict("The kiln is hot.")
        if server_id == "bug":
            raise ZeroDivisionError("secret inside")
        return (FLAVOR,) * (lines or 1)

    def wait(self, context: Context, *, seconds: float, why: str = "for nothing") -> str:
        self.hold.wait(seconds)
        return why


FLAVOR = Flavor(id="1", name="m1.tiny", vcpus=1, memory_mb=512, root_gb=1, extra_specs={"hw:x": "y"})


@dataclass
class Kilns:
    transport: object
    service: Kiln = field(default_factory=Kiln)
    context: Context = field(default_factory=lambda: Context(user_id="u", project_id="p", roles=("member",)))

    def client(self, host=None):
        return self.transport.client(KilnRpc, host)
