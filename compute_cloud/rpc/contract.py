"""One Protocol declares what a daemon can be asked; client and server both come from it.

A call waits for its answer, a cast does not. Arguments travel as one JSON text and so
does the answer; a problem is an answer too, by kind and message.
"""

import functools
import inspect
import itertools
import logging
import time
import typing
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, TypeVar

import msgspec

from compute_cloud.context import Context
from compute_cloud.errors import KINDS, Broken, Problem, Unavailable
from compute_cloud.log_context import bind
from compute_cloud.rpc import codec

LOG = logging.getLogger(__name__)
F = TypeVar("F", bound=Callable[..., Any])


class Contract(Protocol):
    """What every contract says of itself: the queue's name, and the newest version that it has (major.minor)."""

    topic: ClassVar[str]
    version: ClassVar[str]


C = TypeVar("C", bound=Contract)


class Trouble(msgspec.Struct, frozen=True, omit_defaults=True):
    """A problem as it travels; what is for the log alone never does."""

    kind: str
    message: str
    field: str | None = None


@dataclass(frozen=True, kw_only=True)
class Method:
    """One thing that can be asked. ``seconds`` is how long a call waits; ``since`` the version that brought it."""

    name: str
    waits: bool
    since: str
    seconds: float
    function: Callable[..., Any]

    @functools.cached_property
    def hints(self) -> dict[str, Any]:
        """The types of the arguments and of the answer (``return``)."""
        return typing.get_type_hints(self.function)

    @functools.cached_property
    def arguments(self) -> tuple[inspect.Parameter, ...]:
        """What a caller gives by name, context apart."""
        return tuple(inspect.signature(self.function).parameters.values())[2:]

    @functools.cached_property
    def request(self) -> type[msgspec.Struct]:
        """The type of the whole question: the context and each argument."""
        fields: list[Any] = [("context", Context)]
        for argument in self.arguments:
            kind = self.hints[argument.name]
            required = argument.default is inspect.Parameter.empty
            fields.append((argument.name, kind) if required else (argument.name, kind, argument.default))
        return msgspec.defstruct(f"{self.name}_request", fields, kw_only=True, frozen=True, gc=False)

    @functools.cached_property
    def reply(self) -> type[msgspec.Struct]:
        """The type of the whole answer: the result, or the trouble."""
        result = (self.hints["return"], msgspec.UNSET)
        fields: list[Any] = [("result", result[0] | msgspec.UnsetType, result[1]), ("trouble", Trouble | None, None)]
        return msgspec.defstruct(f"{self.name}_reply", fields, frozen=True, omit_defaults=True, gc=False)


def call(*, since: str, timeout: float = 60) -> Callable[[F], F]:
    """Mark a method that waits up to ``timeout`` seconds for its answer, and stands since that version."""
    return functools.partial(_mark, waits=True, since=since, seconds=timeout)


def cast(*, since: str) -> Callable[[F], F]:
    """Mark a method that returns when the broker has the message, and stands since that version."""
    return functools.partial(_mark, waits=False, since=since, seconds=0)


def _mark(function: F, *, waits: bool, since: str, seconds: float) -> F:
    method = Method(name=function.__name__, waits=waits, since=since, seconds=seconds, function=function)
    function.rpc = method  # type: ignore[attr-defined]
    return function


def methods(contract: type[Contract]) -> dict[str, Method]:
    """Return the methods of a contract by name, in the order they stand there."""
    return {name: item.rpc for name, item in vars(contract).items() if hasattr(item, "rpc")}


class Line(Protocol):
    """What carries a question to whoever serves a contract."""

    def call(self, method: Method, text: str, seconds: float) -> str:
        """Return the text of the answer. Raises Unavailable when there is none in ``seconds``."""
        ...

    def cast(self, method: Method, text: str) -> None:
        """Hand the text over. Raises Unavailable when nobody takes it."""
        ...


def client(contract: type[C], line: Line) -> C:
    """Return something that can be asked all that the contract says.

    Raises TypeError for arguments that are not the contract's, the problem that the
    other side raised, and Unavailable when there was no answer.
    """
    body = {name: _sender(contract, line, method) for name, method in methods(contract).items()}
    made: C = type(f"{contract.__name__}Client", (), {"__slots__": (), **body})()
    return made


def _sender(contract: type[Contract], line: Line, method: Method) -> Callable[..., Any]:
    topic: str = contract.topic
    reply = method.reply if method.waits else None

    def send(_: object, context: Context, **arguments: Any) -> Any:
        text = codec.dump(method.request(context=codec.without_credentials(context), **arguments))
        if reply is None:
            line.cast(method, text)
            return None
        answer = _read(reply, line.call(method, text, _time_left(topic, method, context)), topic, method)
        if answer.trouble is not None:
            raise _problem(answer.trouble)
        return answer.result

    send.__name__ = method.name
    send.__doc__ = method.function.__doc__
    return send


def _time_left(topic: str, method: Method, context: Context) -> float:
    if context.deadline is None:
        return method.seconds
    left = context.deadline - time.time()
    if left <= 0:
        raise Unavailable(f"There was no time left to ask the {topic} service ({method.name}).")
    return min(left, method.seconds)


def _read(reply: type, text: str, topic: str, method: Method) -> Any:
    try:
        return codec.load(text, reply)
    except codec.UnreadableError as error:
        said = f"The answer of the {topic} service ({method.name}) could not be understood."
        raise Broken(said, detail=str(error)) from error


def _problem(trouble: Trouble) -> Problem:
    return KINDS.get(trouble.kind, Broken)(trouble.message, field=trouble.field)


class Endpoint:
    """Answers questions of a contract with a service.

    Raises TypeError when the service's methods are not the contract's any more.
    """

    def __init__(self, contract: type[Contract], service: object) -> None:
        self.topic: str = contract.topic
        self.methods = methods(contract)
        self._handlers: dict[str, Callable[..., Any]] = {}
        for name, method in self.methods.items():
            handler = getattr(service, name, None)
            if handler is None:
                raise TypeError(f"{type(service).__name__} lacks {name}, which {contract.__name__} promises")
            _compare(method, handler)
            self._handlers[name] = handler

    def answer(self, name: str, text: str) -> str | None:
        """Return the text of the answer to a call, None for a cast. Never raises."""
        method = self.methods[name]
        reply = self._reply(method, text)
        if method.waits:
            return reply
        return None

    def _reply(self, method: Method, text: str) -> str:
        try:
            question: Any = codec.load(text, method.request)
        except codec.UnreadableError as error:
            LOG.error("%s.%s: a question that can't be read: %s", self.topic, method.name, error)  # noqa: TRY400
            return _tell(method, Broken(f"The {self.topic} service could not understand {method.name}."))
        bind(question.context)
        try:
            result = self._do(method, question)
            return codec.dump(method.reply(result=result)) if method.waits else ""
        except Problem as problem:
            if isinstance(problem, Broken) or not method.waits:
                LOG.exception("%s.%s: %s: %s", self.topic, method.name, problem.kind, problem.detail or problem.message)
            elif problem.detail:
                LOG.info("%s.%s: %s: %s", self.topic, method.name, problem.kind, problem.detail)
            return _tell(method, problem)
        except Exception:
            LOG.exception("%s.%s failed", self.topic, method.name)
            request_id = question.context.request_id
            return _tell(method, Broken(f"The {self.topic} service failed at {method.name} ({request_id})."))

    def _do(self, method: Method, question: Any) -> Any:
        context = question.context
        if method.waits and context.deadline is not None and context.deadline < time.time():
            raise Unavailable(f"The time was over before the {self.topic} service got to {method.name}.")
        arguments = {argument.name: getattr(question, argument.name) for argument in method.arguments}
        return self._handlers[method.name](context, **arguments)


def _tell(method: Method, problem: Problem) -> str:
    trouble = Trouble(kind=problem.kind, message=problem.message, field=problem.field)
    return codec.dump(method.reply(trouble=trouble))


def _compare(method: Method, handler: Callable[..., Any]) -> None:
    """Refuse a handler whose arguments, types or answer are not those of the contract."""
    theirs = [(p.name, p.kind) for p in inspect.signature(handler).parameters.values()]
    ours = [(p.name, p.kind) for p in itertools.islice(inspect.signature(method.function).parameters.values(), 1, None)]
    if theirs != ours:
        said = [name for name, _ in ours]
        raise TypeError(f"{method.name}: the contract says {said}, the service takes {[name for name, _ in theirs]}")
    hints = typing.get_type_hints(handler)
    for name, kind in method.hints.items():
        if hints.get(name) != kind:
            raise TypeError(f"{method.name}: {name} is {kind} in the contract and {hints.get(name)} in the service")
