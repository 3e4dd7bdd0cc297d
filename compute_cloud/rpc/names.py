"""Names that a process keeps for itself on its machine, and that the next one finds free again."""

import errno
import itertools
import socket
import uuid

_held: list[socket.socket] = []


def claim(prefix: str) -> str:
    """Return ``prefix:number`` with the lowest number that no other process of this machine has claimed.

    The claim is an abstract Unix socket: the kernel gives it back when the process ends,
    however it ends. So the queues of a restarted daemon have the names they had before.
    """
    for number in itertools.count():
        name = f"{prefix}:{number}"
        holder = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            holder.bind(f"\0compute-cloud/{name}"[:100])
        except OSError as error:
            holder.close()
            if error.errno != errno.EADDRINUSE:
                break
        else:
            _held.append(holder)
            return name
    return f"{prefix}:{uuid.uuid4().hex}"
