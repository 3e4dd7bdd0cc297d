"""Serves WSGI applications: eventlet's server on green threads, cheroot's on native ones.

Sockets are bound before workers are forked and are shared by them: whichever is free takes the next connection.
"""

import contextlib
import logging
import os
import re
import socket
import ssl
import time
from collections.abc import Callable, Iterable
from typing import Any, Protocol

from oslo_config import cfg

from compute_cloud import concurrency

LOG = logging.getLogger(__name__)
ACCESS = logging.getLogger("compute_cloud.access")
BACKLOG = 1024
NATIVE_THREADS = 64
A_YEAR_SECONDS = 365 * 86400  # for ever, to who can't do without a number
MAX_HEADERS_BYTES = 65536
_SECRETS = re.compile(r"((?:token|password|secret|signature|key)[^=&]*=)[^&]*", re.IGNORECASE)
_SHOWN = ("content-length", "x-openstack-request-id")
Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class HttpServer(Protocol):
    """Serves one application on one socket."""

    def start(self) -> None:
        """Begin to take connections."""
        ...

    def stop(self) -> None:
        """Take no more connections, and return when the requests under way are answered."""
        ...


def listen(address: str, port: int) -> socket.socket:
    """Return a listening socket. Raises OSError with the address in its message."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        listening = socket.create_server((address, port), family=family, backlog=BACKLOG)
    except OSError as error:
        why = os.strerror(error.errno) if error.errno else str(error)
        raise OSError(f"can't listen on {address} port {port}: {why}") from error
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def serve(conf: cfg.ConfigOpts, listening: socket.socket, app: Wsgi, *, tls: bool) -> HttpServer:
    """Return what serves ``app`` on the socket, by the backend that runs."""
    idle = conf.wsgi.tcp_keepidle
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if idle:
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, idle)
    logged = access_log(app)
    if concurrency.backend() == "eventlet":
        return _GreenServer(conf, listening, _terminated(logged), tls=tls)
    return _NativeServer(conf, listening, logged, tls=tls)


def access_log(app: Wsgi) -> Wsgi:
    """Log one line a request: its id, who, what, status, bytes, seconds. Values that look like secrets are masked."""

    def logged(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if not ACCESS.isEnabledFor(logging.INFO):
            return app(environ, start_response)
        began, seen = time.perf_counter(), {"status": "-"}

        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            seen["status"] = status[:3]
            seen.update((name.lower(), value) for name, value in headers if name.lower() in _SHOWN)
            return start_response(status, headers, *more)

        try:
            return app(environ, start)
        finally:
            asked = f"{environ['REQUEST_METHOD']} {_target(environ)}"
            length, request_id = (seen.get(name, "-") for name in _SHOWN)
            took = time.perf_counter() - began
            who = environ.get("REMOTE_ADDR", "-")
            ACCESS.info("%s %s %r %s %s %.3f", request_id, who, asked, seen["status"], length, took)

    return logged


def _target(environ: dict[str, Any]) -> str:
    path = f"{environ.get('SCRIPT_NAME', '')}{environ.get('PATH_INFO', '')}"
    query = environ.get("QUERY_STRING", "")
    return path + "?" + _SECRETS.sub(r"\1***", query) if query else path


def _terminated(app: Wsgi) -> Wsgi:
    """Say that a body in chunks has an end, as WebOb wants to hear before it reads one; eventlet does not say so."""

    def told(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower():
            environ["wsgi.input_terminated"] = True
        return app(environ, start_response)

    return told


class _GreenServer:
    def __init__(self, conf: cfg.ConfigOpts, listening: socket.socket, app: Wsgi, *, tls: bool) -> None:
        import eventlet
        import eventlet.wsgi

        self._eventlet = eventlet
        wsgi = conf.wsgi
        eventlet.wsgi.MAX_HEADER_LINE = wsgi.max_header_line
        eventlet.wsgi.MAX_TOTAL_HEADER_SIZE = max(MAX_HEADERS_BYTES, wsgi.max_header_line)
        if tls:
            listening = _tls_context(conf).wrap_socket(listening, server_side=True, do_handshake_on_connect=False)
        self._arguments = {
            "sock": listening,
            "site": app,
            "log": logging.getLogger("eventlet.wsgi.server"),
            "log_output": False,
            "custom_pool": eventlet.GreenPool(wsgi.default_pool_size),
            "keepalive": wsgi.keep_alive,
            "url_length_limit": wsgi.max_header_line,
            "socket_timeout": wsgi.client_socket_timeout or None,
            "debug": False,  # no tracebacks in answers
        }
        self._conf = conf
        self._running: Any = None

    def start(self) -> None:
        self._running = self._eventlet.spawn(self._eventlet.wsgi.server, **self._arguments)

    def stop(self) -> None:
        # the server's own end: it shuts idle connections and waits for the others
        self._running.kill()
        with (
            contextlib.suppress(self._eventlet.greenlet.GreenletExit),
            self._eventlet.Timeout(_patience_seconds(self._conf), False),
        ):
            self._running.wait()


class _NativeServer:
    def __init__(self, conf: cfg.ConfigOpts, listening: socket.socket, app: Wsgi, *, tls: bool) -> None:
        from cheroot import wsgi

        class Server(wsgi.Server):
            def bind(self, *_: Any) -> socket.socket:
                self.socket = listening
                return listening

            def prepare(self) -> None:
                super().prepare()
                self.socket.setblocking(False)  # another worker may have taken the connection

            def process_conn(self, conn: Any) -> None:
                # A connection takes a thread when something came on it: who just holds one open stops nobody.
                if getattr(conn, "is_known", False):
                    super().process_conn(conn)
                else:
                    conn.is_known = True
                    self.put_conn(conn)

            def error_log(self, msg: str = "", level: int = logging.INFO, traceback: bool = False) -> None:
                LOG.log(level, "%s", msg, exc_info=traceback)

        options = conf.wsgi
        threads = min(options.default_pool_size, NATIVE_THREADS)
        address = listening.getsockname()[:2]
        self._conf = conf
        self._server = Server(address, app, numthreads=threads, max=threads, request_queue_size=BACKLOG)
        self._server.timeout = options.client_socket_timeout or A_YEAR_SECONDS
        self._server.max_request_header_size = max(MAX_HEADERS_BYTES, options.max_header_line)
        self._server.keep_alive_conn_limit = options.default_pool_size if options.keep_alive else 0
        if tls:
            self._server.ssl_adapter = _tls_adapter(conf)

    def start(self) -> None:
        self._server.prepare()
        concurrency.spawn(self._server.serve)

    def stop(self) -> None:
        patience = self._server.shutdown_timeout = _patience_seconds(self._conf)
        concurrency.spawn(self._server.stop).wait(None if patience is None else patience + 1)


def _patience_seconds(conf: cfg.ConfigOpts) -> float | None:
    """Return for how long requests may go on when the daemon is to stop: half its time, so that the rest can finish."""
    return conf.graceful_shutdown_timeout / 2 or None


def _tls_context(conf: cfg.ConfigOpts) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=conf.wsgi.ssl_ca_file)
    context.load_cert_chain(conf.wsgi.ssl_cert_file, conf.wsgi.ssl_key_file)
    if conf.wsgi.ssl_ca_file:
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def _tls_adapter(conf: cfg.ConfigOpts) -> Any:
    from cheroot.ssl.builtin import BuiltinSSLAdapter

    adapter = BuiltinSSLAdapter(conf.wsgi.ssl_cert_file, conf.wsgi.ssl_key_file)
    adapter.context = _tls_context(conf)
    return adapter
