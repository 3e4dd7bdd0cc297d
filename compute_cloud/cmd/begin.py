"""The first steps of every daemon, in the one order that works: threads, then options, then logging, then the rest.

Nothing is imported here but the standard library and the room of threads: whatever is
imported before the backend runs keeps the blocking calls that it has found.
"""

import configparser
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from compute_cloud import concurrency

if TYPE_CHECKING:
    from oslo_config import cfg

VARIABLE = "COMPUTE_CLOUD_CONCURRENCY_BACKEND"
FILE = "compute-cloud.conf"
PLACES = (Path("~/.compute-cloud"), Path("~"), Path("/etc/compute-cloud"), Path("/etc"))


def begin(program: str, arguments: Sequence[str] | None = None) -> "cfg.ConfigOpts":
    """Start threads, options and logging of a daemon; return its options. Ends the process where they are wrong."""
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        concurrency.start_backend(chosen_backend(arguments))
    except ValueError as error:
        sys.exit(f"{program}: {error}")

    from compute_cloud import conf as product
    from compute_cloud.cmd import logs

    logs.register(product.CONF)
    try:
        conf = product.load(arguments, program=program)
        logs.set_up(conf, program)
        product.check(conf)
    except OSError as error:
        sys.exit(f"{program}: {error}")
    except Exception as error:
        if type(error).__module__.startswith(("oslo_config", "oslo_log")):
            sys.exit(f"{program}: {product.said_plainly(error)}")
        raise
    return conf


def chosen_backend(arguments: Sequence[str]) -> str:
    """Return the concurrency backend that the environment or a configuration file names; eventlet when none does."""
    named = os.environ.get(VARIABLE)
    if named:
        return named
    for path in _files(arguments):
        parser = configparser.RawConfigParser(strict=False, allow_no_value=True, delimiters="=")
        try:
            parser.read(path)
        except configparser.Error:
            continue  # oslo.config will say what is wrong with it
        named = parser.defaults().get("concurrency_backend", "").strip() or named
    return named or "eventlet"


def _files(arguments: Sequence[str]) -> Iterator[Path]:
    """Yield the configuration files in the order in which oslo.config will read them."""
    named = list(_named(arguments))
    if not named:
        found = (place.expanduser() / FILE for place in PLACES)
        first = next((path for path in found if path.exists()), None)
        named = [] if first is None else [first]
    for path in named:
        yield from sorted(path.glob("*.conf")) if path.is_dir() else [path]


def _named(arguments: Sequence[str]) -> Iterator[Path]:
    following = iter(arguments)
    for argument in following:
        option, _, value = argument.partition("=")
        if option in ("--config-file", "--config-dir"):
            yield Path(value or next(following, ""))
