"""compute-cloud-manage: what an operator does beside the API, on a machine that may reach the database."""

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import Any

from compute_cloud.conf import CONF, load, said_plainly
from compute_cloud.errors import Problem

PROGRAM = "compute-cloud-manage"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one sub-command; exit with 1 and a sentence where it can't be done."""
    given = _parser().parse_args(arguments)
    files = [word for file in given.config_file or () for word in ("--config-file", file)]
    from compute_cloud.cmd import logs

    logs.register(CONF)
    CONF.set_default("use_stderr", True)
    CONF.set_default("log_dir", None)
    try:
        conf = load(files, program=PROGRAM)
        conf.set_override("log_file", None)
        conf.set_override("log_dir", None)
        logs.set_up(conf, PROGRAM, quiet=not given.verbose)
        given.work(conf, given)
    except Problem as problem:
        sys.exit(f"{PROGRAM}: {problem.message}" + (f" ({_one_line(problem.detail)})" if problem.detail else ""))
    except Exception as error:
        if given.verbose or not _is_of_files_or_database(error):
            raise
        sys.exit(f"{PROGRAM}: {_one_line(said_plainly(error))}")


def _one_line(text: str) -> str:
    """Return what libraries say first; the statement and where to read more come after it."""
    return text.partition("[SQL: ")[0].partition("(Background on")[0].strip()


def _is_of_files_or_database(error: Exception) -> bool:
    """Tell whether this is what an operator can do something about: files, options, the database."""
    room = type(error).__module__.partition(".")[0]
    return isinstance(error, OSError | ImportError) or room in {"oslo_config", "oslo_log", "oslo_db", "sqlalchemy"}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=PROGRAM, description=__doc__)
    parser.add_argument("--config-file", action="append", metavar="FILE", help="may be given several times")
    parser.add_argument("--verbose", action="store_true", help="log what is done")
    nouns = parser.add_subparsers(title="commands", required=True, metavar="NOUN")

    db = _noun(nouns, "db", "the database's schema")
    sync = _verb(db, "sync", "create or upgrade the schema", _db_sync)
    sync.add_argument("--expand-only", action="store_true", help="add what is new, take nothing away yet")
    _verb(db, "version", "print the revision that the database has, and the newest", _db_version)

    service = _noun(nouns, "service", "the daemons")
    _verb(service, "list", "list the daemons and whether they are alive", _service_list)

    flow = _noun(nouns, "flow", "operations that are under way or were")
    listing = _verb(flow, "list", "list flows, newest first", _flow_list)
    listing.add_argument("--status", action="append", help="running, undoing, done, failed, stuck or superseded")
    listing.add_argument("--kind", help="such as boot_server")
    listing.add_argument("--server", help="the id of a server")
    listing.add_argument("--limit", type=int, default=100)
    for name, says, work in (
        ("show", "show a flow", _flow_show),
        ("retry", "let a stuck flow go on undoing", _flow_retry),
        ("forget", "take away the record of a flow at rest", _flow_forget),
    ):
        _verb(flow, name, says, work).add_argument("id")

    image = _noun(nouns, "image", "images of the embedded image service")
    create = _verb(image, "create", "take in an image", _image_create)
    create.add_argument("name")
    create.add_argument("--file", required=True, help="the image's data")
    create.add_argument("--disk-format", default="qcow2")
    create.add_argument("--container-format", default="bare")
    create.add_argument("--private", action="store_true", help="not for every project")
    create.add_argument("--project", default="admin", help="the id of the project that owns it")
    create.add_argument("--property", action="append", default=[], metavar="KEY=VALUE")
    _verb(image, "list", "list all images", _image_list)
    _verb(image, "delete", "take an image away", _image_delete).add_argument("id")
    return parser


def _noun(nouns: Any, name: str, says: str) -> Any:
    return nouns.add_parser(name, help=says).add_subparsers(title="commands", required=True, metavar="VERB")


def _verb(verbs: Any, name: str, says: str, work: Callable[..., None]) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = verbs.add_parser(name, help=says)
    parser.set_defaults(work=work)
    return parser


def table(names: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows under their names, in columns."""
    shown = [[str("-" if cell is None else cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(names, *shown, strict=True)]
    for row in (names, *shown):
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _database_url(conf: Any) -> str:
    from compute_cloud.db.session import Database

    url: str = Database(conf).url.render_as_string(hide_password=False)
    return url


def _db_sync(conf: Any, given: argparse.Namespace) -> None:
    from compute_cloud.db import schema

    url = _database_url(conf)
    before = schema.version(url)
    after = schema.migrate(url, expand_only=given.expand_only)
    print(f"the schema is at {after}" + (" already" if after == before else ""))


def _db_version(conf: Any, _: argparse.Namespace) -> None:
    from compute_cloud.db import schema

    print(f"{schema.version(_database_url(conf))} (newest: {schema.newest()})")


def _service_list(conf: Any, _: argparse.Namespace) -> None:
    from compute_cloud.context import nobody
    from compute_cloud.objects.service import ServiceQuery

    found = _conductor(conf).list_services(nobody(), query=ServiceQuery())
    table(
        ("id", "binary", "host", "zone", "status", "state", "seen at"),
        [
            (
                one.id,
                one.binary,
                one.host,
                one.zone,
                "disabled" if one.disabled else "enabled",
                "up" if one.alive else "down",
                one.seen_at,
            )
            for one in found
        ],
    )


def _conductor(conf: Any) -> Any:
    """Return a conductor in this process, that works on no flows and asks nobody."""
    from compute_cloud.conductor.service import ConductorService
    from compute_cloud.rpc.local import LocalTransport

    return ConductorService(conf, LocalTransport())


# flows


def _flow_list(conf: Any, given: argparse.Namespace) -> None:
    from compute_cloud.cmd import flow_words

    found = flow_words.find(conf, statuses=given.status, kind=given.kind, server=given.server, limit=given.limit)
    table(
        ("id", "kind", "server", "status", "step", "begun", "until", "reason"),
        [
            (
                line.id,
                line.kind,
                line.subject,
                line.status,
                line.step,
                _brief(line.created_at),
                _brief(line.deadline),
                line.reason,
            )
            for line in found
        ],
    )


def _brief(moment: Any) -> str:
    return str(moment.strftime("%Y-%m-%dT%H:%M:%SZ"))


def _flow_show(conf: Any, given: argparse.Namespace) -> None:
    from compute_cloud.cmd import flow_words

    for name, value in flow_words.show(conf, given.id).items():
        print(f"{name:<12}{'-' if value is None else value}")


def _flow_retry(conf: Any, given: argparse.Namespace) -> None:
    from compute_cloud.cmd import flow_words

    flow_words.retry(conf, given.id)
    print("a conductor goes on with it")


def _flow_forget(conf: Any, given: argparse.Namespace) -> None:
    from compute_cloud.cmd import flow_words

    flow_words.forget(conf, given.id)
    print("forgotten")


# images


def _image_create(conf: Any, given: argparse.Namespace) -> None:
    from compute_cloud.cmd.image_words import ImageDesk

    body: dict[str, str] = dict(item.partition("=")[::2] for item in given.property)
    body |= {
        "name": given.name,
        "disk_format": given.disk_format,
        "container_format": given.container_format,
        "visibility": "private" if given.private else "public",
    }
    print(ImageDesk(conf, _conductor(conf), project_id=given.project).create(body, given.file))


def _image_list(conf: Any, _: argparse.Namespace) -> None:
    from compute_cloud.cmd.image_words import ImageDesk

    found = ImageDesk(conf, _conductor(conf)).list()
    names = ("id", "name", "status", "disk_format", "size", "visibility", "owner")
    table(names, [[image.get(name) for name in names] for image in found])


def _image_delete(conf: Any, given: argparse.Namespace) -> None:
    from compute_cloud.cmd.image_words import ImageDesk

    ImageDesk(conf, _conductor(conf)).delete(given.id)
    print("deleted")
