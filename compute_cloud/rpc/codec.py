"""Frozen dataclasses to and from the wire, by their annotations.

A reader drops fields that it does not know and takes the default of those that are
missing, so a field may be added with a default and nothing else may change.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from compute_cloud.context import Context

T = TypeVar("T")


def _plain(value: object) -> object:
    """Return what JSON has for ``value``, where that is not plain: a mapping that is no dict."""
    if isinstance(value, Mapping):
        return dict(value)
    raise NotImplementedError(f"{type(value).__name__} does not travel")


_encoder = msgspec.json.Encoder(enc_hook=_plain)
_decoders: dict[Any, "msgspec.json.Decoder[Any]"] = {}


class UnreadableError(ValueError):
    """A text is not what its reader was told to expect."""


def dump(value: object) -> str:
    """Return ``value`` as JSON. A context's credentials stay behind."""
    return _encoder.encode(without_credentials(value) if isinstance(value, Context) else value).decode()


def load(text: str | bytes, kind: type[T]) -> T:
    """Return the value of type ``kind`` that ``text`` (JSON) holds. Raises UnreadableError."""
    try:
        value: T = _decoder(kind).decode(text)
    except msgspec.MsgspecError as error:
        raise UnreadableError(str(error)) from error
    return value


def _decoder(kind: Any) -> "msgspec.json.Decoder[Any]":
    found = _decoders.get(kind)
    if found is None:
        found = _decoders[kind] = msgspec.json.Decoder(kind)
    return found


def without_credentials(context: Context) -> Context:
    """Return the context as it may leave the process."""
    return dataclasses.replace(context, credentials=()) if context.credentials else context
