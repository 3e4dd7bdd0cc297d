"""One request to another service: as the user or as ourselves, tried again within bounds, told in our problems."""

import json
import logging
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from oslo_config import cfg

from compute_cloud import concurrency
from compute_cloud.clients.session import find_endpoint, log_in, session
from compute_cloud.context import Context
from compute_cloud.errors import Conflict, Forbidden, Invalid, NotFound, Problem, Unavailable

LOG = logging.getLogger(__name__)
AWAY: Final = frozenset({502, 503, 504})
FIRST_PAUSE_SECONDS: Final = 0.2
LONGEST_PAUSE_SECONDS: Final = 5.0


class Asker:
    """Asks one service. Safe to share: what is kept is made once and never changed after.

    ``version`` is what the paths begin with, and some catalogues' addresses end with.
    """

    def __init__(
        self, conf: cfg.ConfigOpts, group: str, *, version: str, more: Callable[[], Sequence[str]] = tuple
    ) -> None:
        self._conf = conf
        self._group = group
        self._version = version
        self._more = more
        self._own: Any = None
        self._plain: Any = None
        self._places: list[str] = []
        self._lock = concurrency.Lock()

    def ask(
        self,
        context: Context,
        method: str,
        path: str,
        *,
        retries: int,
        stream: bool = False,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """Return the `requests` response, whatever its status but 502 to 504.

        A connection that fails and an answer of 502 to 504 are tried again ``retries`` times, at the next
        address where there are several. Raises Unavailable.
        """
        from keystoneauth1 import exceptions  # noqa: PLC0415 - takes long to import

        pause = FIRST_PAUSE_SECONDS
        for attempt in range(retries + 1):
            try:
                response = self._once(context, method, path, attempt, stream=stream, headers=headers or {})
            except (exceptions.ConnectFailure, exceptions.RetriableConnectionFailure) as problem:
                reason = str(problem)
            except exceptions.ClientException as problem:
                raise self._unavailable(f"the login failed: {problem}") from problem
            else:
                if response.status_code not in AWAY:
                    return response
                reason = f"it answered {response.status_code}"
                response.close()
            LOG.warning("%s %s of the %s service: %s", method, path, self._group, reason)
            if attempt < retries:
                concurrency.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
        raise self._unavailable(reason)

    def _once(
        self, context: Context, method: str, path: str, attempt: int, *, stream: bool, headers: Mapping[str, str]
    ) -> Any:
        with self._lock:
            if self._plain is None:
                self._connect()
        place = self._places[attempt % len(self._places)]
        asked = {**headers, "X-OpenStack-Request-ID": context.global_request_id or context.request_id}
        own = not context.credentials
        if not own:
            asked |= dict(context.credentials)
            if self._conf.service_user.send_service_user_token and self._own is not None:
                asked["X-Service-Token"] = self._own.get_token()
        asker = self._own if own and self._own is not None else self._plain
        authenticated = own and self._own is not None
        return asker.request(
            place + path,
            method,
            headers=asked,
            authenticated=authenticated,
            stream=stream,
            raise_exc=False,
            log=False,
        )

    def _connect(self) -> None:
        """Log in and find the addresses; nothing is kept unless all of it worked."""
        own = log_in(self._conf, self._group, "service_user")
        places = [
            place.rstrip("/").removesuffix(self._version)
            for place in find_endpoint(self._conf, self._group, own, more=self._more())
        ]
        random.shuffle(places)
        self._own, self._places = own, places
        self._plain = session(self._conf, self._group, None)

    def _unavailable(self, reason: str) -> Unavailable:
        return Unavailable(f"The {self._conf[self._group].service_type} service does not answer.", detail=reason)


def refuse(response: Any, what: str) -> Problem:
    """Return the problem that an answer above 399 stands for; ``what`` is what was asked for."""
    status, said = response.status_code, _message(response)
    if status in {404, 410}:
        return NotFound(f"{what} could not be found.", detail=said)
    if status in {401, 403}:
        return Forbidden(f"{what}: not allowed. {said}".strip(), detail=f"the service answered {status}")
    if status == 409:
        return Conflict(f"{what}: {said}")
    if 400 <= status < 500:
        return Invalid(f"{what}: {said}")
    return Unavailable(f"{what} could not be had from its service.", detail=f"it answered {status}: {said}")


def _message(response: Any) -> str:
    """Return what a service says about its refusal, bounded; empty when it is not in a form that is known."""
    try:
        document = json.loads(response.text)
    except ValueError:
        return ""
    said = document.get("message") if isinstance(document, dict) else None
    return str(said)[:500] if said else ""
