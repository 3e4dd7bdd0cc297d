"""Contracts as documents: what each released version of a daemon's contract says, kept beside the code.

``python -m compute_cloud.rpc.released`` writes the documents of the versions as they stand now.
"""

import dataclasses
import enum
import importlib
import inspect
import json
import types
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from compute_cloud.rpc.contract import Contract, Method, methods
from compute_cloud.rpc.pinning import parse

CONTRACTS = {
    "compute": "compute_cloud.rpc.contracts.compute:ComputeRpc",
    "conductor": "compute_cloud.rpc.contracts.conductor:ConductorRpc",
    "scheduler": "compute_cloud.rpc.contracts.scheduler:SchedulerRpc",
}
DIRECTORY = Path(__file__).parent / "contracts" / "released"


def living() -> dict[str, type[Contract]]:
    """Return each daemon's contract as it is in the code."""
    found: dict[str, type[Contract]] = {}
    for daemon, place in CONTRACTS.items():
        module, _, name = place.partition(":")
        found[daemon] = getattr(importlib.import_module(module), name)
    return found


def documents(daemon: str) -> list[dict[str, Any]]:
    """Return the documents of all released versions of a daemon's contract, oldest first."""
    found = [json.loads(path.read_text()) for path in DIRECTORY.glob(f"{daemon}-*.json")]
    return sorted(found, key=lambda document: parse(document["version"]))


def describe(contract: type[Contract]) -> dict[str, Any]:
    """Return a contract and every type that it moves as a document."""
    moved: dict[str, Any] = {}
    described = {name: _describe_method(method, moved) for name, method in methods(contract).items()}
    return {
        "topic": contract.topic,
        "version": contract.version,
        "methods": dict(sorted(described.items())),
        "types": dict(sorted(moved.items())),
    }


def _describe_method(method: Method, moved: dict[str, Any]) -> dict[str, Any]:
    for hint in method.hints.values():
        _collect(hint, moved)
    arguments = {a.name: _field(method.hints[a.name], a.default is inspect.Parameter.empty) for a in method.arguments}
    return {
        "kind": "call" if method.waits else "cast",
        "since": method.since,
        "arguments": arguments,
        "answer": spell(method.hints["return"]),
    }


def _field(hint: Any, required: bool) -> dict[str, Any]:
    return {"type": spell(hint), "required": required}


def _collect(hint: Any, moved: dict[str, Any]) -> None:
    for part in typing.get_args(hint):
        _collect(part, moved)
    name = getattr(hint, "__name__", "")
    if name in moved or not isinstance(hint, type):
        return
    if issubclass(hint, enum.Enum):
        moved[name] = {"values": sorted((member.value for member in hint), key=str)}
    elif dataclasses.is_dataclass(hint):
        hints = typing.get_type_hints(hint)
        fields = {field.name: _field(hints[field.name], _required(field)) for field in dataclasses.fields(hint)}
        moved[name] = {"fields": fields}
        for part in hints.values():
            _collect(part, moved)


def _required(field: "dataclasses.Field[Any]") -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def spell(hint: Any) -> str:
    """Return a type as text that does not depend on where it was imported from."""
    if hint is None or hint is type(None):
        return "None"
    if hint is Ellipsis:
        return "..."
    origin, parts = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return " | ".join(sorted(map(spell, parts), key=lambda text: (text == "None", text)))
    if origin is not None:
        return f"{origin.__name__}[{', '.join(map(spell, parts))}]"
    return str(getattr(hint, "__name__", hint))


def breaks(old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    """Say each way in which one who speaks ``old`` would not understand ``new`` any more."""
    if parse(old["version"])[0] != parse(new["version"])[0]:
        return
    for name, method in old["methods"].items():
        now = new["methods"].get(name)
        if now is None:
            yield f"{name} is gone"
            continue
        for part in ("kind", "since", "answer"):
            if now[part] != method[part]:
                yield f"{name}: {part} was {method[part]} and is {now[part]}"
        yield from _changed_fields(name, method["arguments"], now["arguments"])
    for name, kind in old["types"].items():
        now = new["types"].get(name)
        if now is None:
            yield f"{name} is gone"
        elif "fields" in kind:
            yield from _changed_fields(name, kind["fields"], now.get("fields", {}))
        else:
            yield from (f"{name}: {value} is gone" for value in kind["values"] if value not in now.get("values", []))


def _changed_fields(owner: str, old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    for name, field in old.items():
        if name not in new:
            yield f"{owner}.{name} is gone"
        elif new[name]["type"] != field["type"]:
            yield f"{owner}.{name} was {field['type']} and is {new[name]['type']}"
        elif new[name]["required"] and not field["required"]:
            yield f"{owner}.{name} has lost its default"
    for name, field in new.items():
        if name not in old and field["required"]:
            yield f"{owner}.{name} is new and has no default"


def main() -> None:
    """Write the document of each contract's version, as the code has it."""
    DIRECTORY.mkdir(exist_ok=True)
    for daemon, contract in living().items():
        path = DIRECTORY / f"{daemon}-{contract.version}.json"
        path.write_text(json.dumps(describe(contract), indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
