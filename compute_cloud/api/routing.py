"""From a path to what stands there. A path that is in no table costs one look and leaves nothing behind."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from routes import Mapper

from compute_cloud.api.operation import Entry

Methods: TypeAlias = Mapping[str, Entry]
Table: TypeAlias = Mapping[str, Methods]

_LONGEST_PATH: Final = 1024


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a path leads. ``project`` is the project id in the path, ``version`` its first part (``v2.1``)."""

    version: str
    project: str | None
    methods: Methods
    parts: Mapping[str, str]


class Router:
    """The table of paths under ``/v2.1`` and ``/v2``, each with and without a project id in front."""

    VERSIONS: Final = frozenset({"v2.1", "v2"})

    def __init__(self, table: Table) -> None:
        self._table = table
        self._nouns = frozenset(path.split("/")[1] for path in table)
        self._mapper = Mapper(controller_scan=None, register=False)
        # Paths without variable parts go first, as they would match the others too.
        for path in sorted(table, key=lambda path: path.count("{")):
            self._mapper.connect(None, path, table=path)
        self._mapper.create_regs([])

    def find(self, path: str) -> Place | None:
        """Return the place of a path, None when there is none."""
        if len(path) > _LONGEST_PATH:
            return None
        _, version, rest = [*path.rstrip("/").split("/", 2), "", ""][:3]
        if version not in self.VERSIONS or not rest:
            return None
        first, _, more = rest.partition("/")
        project = None
        if first not in self._nouns:
            project, rest = first, more
            if not project or not rest:
                return None
        match = self._mapper.match(f"/{rest}")
        if match is None:
            return None
        methods = self._table[match.pop("table")]
        return Place(version=version, project=project, methods=methods, parts=match)
