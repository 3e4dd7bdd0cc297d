"""The HTTP servers of both backends keep the same limits and manners."""

import http.client
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from compute_cloud.cmd.http import access_log, listen

SITE = Path(__file__).with_name("toy_site.py")


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as one:
        return one.getsockname()[1]


class Site:
    """A site in two workers."""

    def __init__(self, place, backend, more=""):
        self.port = free_port()
        options = place / "site.conf"
        options.write_text(f"[wsgi]\nclient_socket_timeout = 1\nmax_header_line = 2000\n{more}")
        environ = {**os.environ, "COMPUTE_CLOUD_CONCURRENCY_BACKEND": backend}
        self.words = (place / "words").open("w+")
        command = [sys.executable, SITE, str(self.port), options]
        self.process = subprocess.Popen(command, env=environ, stdout=self.words, stderr=subprocess.STDOUT)

    def logged(self):
        self.words.seek(0)
        return self.words.read()

    def wait_until_ready(self):
        end = time.monotonic() + 30
        while "ready in" not in self.logged():
            assert time.monotonic() < end, self.logged()
            assert self.process.poll() is None, self.logged()
            time.sleep(0.02)

    def connect(self):
        return closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=20))

    def get(self, path, **headers):
        with self.connect() as connection:
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.read()

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.words.close()


@pytest.fixture(params=["eventlet", "threading"], scope="module")
def site(request, tmp_path_factory):
    with closing(Site(tmp_path_factory.mktemp("site"), request.param)) as site:
        site.wait_until_ready()
        yield site


def test_it_answers_and_keeps_the_connection(site):
    with site.connect() as connection:
        ends = set()
        for number in range(3):
            connection.request("GET", f"/{number}")
            ends.add(connection.sock.getsockname())
            assert connection.getresponse().read() == f"/{number}".encode()
        assert len(ends) == 1


def test_a_large_body_arrives_whole(site):
    body = os.urandom(3_000_000)
    with site.connect() as connection:
        connection.request("POST", "/echo", body=body)
        assert connection.getresponse().read() == body


def test_many_at_once(site):
    said = []
    threads = [threading.Thread(target=lambda: said.append(site.get("/x"))) for _ in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert said == [(200, b"/x")] * 30


def test_a_bug_shows_nothing_of_the_inside(site):
    status, body = site.get("/bug")
    assert status == 500
    assert b"secret" not in body
    assert b"Traceback" not in body


def test_headers_have_a_limit(site):
    status, _ = site.get("/x", **{"X-Big": "a" * 80_000})
    assert status in (400, 413, 431)
    status, _ = site.get("/" + "a" * 100_000)
    assert status in (400, 413, 414)


def test_a_client_that_says_nothing_is_let_go(site):
    with socket.create_connection(("127.0.0.1", site.port), timeout=20) as silent:
        silent.sendall(b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc")
        began = time.monotonic()
        while silent.recv(4096):
            pass
        assert time.monotonic() - began < 15


@pytest.mark.parametrize("backend", ["eventlet", "threading"])
def test_clients_that_say_nothing_hold_nobody_up(tmp_path, backend):
    with closing(Site(tmp_path, backend, "client_socket_timeout = 0\n")) as site:
        site.wait_until_ready()
        silent = [socket.create_connection(("127.0.0.1", site.port)) for _ in range(200)]
        try:
            assert site.get("/asked") == (200, b"/asked")
        finally:
            for one in silent:
                one.close()
        site.process.send_signal(signal.SIGTERM)
        assert site.process.wait(20) == 0


def test_the_access_log_is_short_and_keeps_secrets(site):
    site.get("/console?token=s3cret&path=a")
    end = time.monotonic() + 10
    while "/console" not in site.logged():
        assert time.monotonic() < end
        time.sleep(0.02)
    line = next(line for line in site.logged().splitlines() if "/console" in line)
    assert "req-1 127.0.0.1 'GET /console?token=***&path=a' 200 8" in line
    assert "s3cret" not in site.logged()


def test_told_to_stop_it_finishes_what_was_asked(site):  # the last one: it ends the site
    said = []
    asking = threading.Thread(target=lambda: said.append(site.get("/slow")))
    asking.start()
    time.sleep(0.5)
    site.process.send_signal(signal.SIGTERM)
    asking.join()
    assert said == [(200, b"/slow")]
    assert site.process.wait(20) == 0


@pytest.mark.parametrize("backend", ["eventlet", "threading"])
def test_a_client_that_never_ends_its_request_does_not_hold_it_up(tmp_path, backend):
    patient = "client_socket_timeout = 60\n[DEFAULT]\ngraceful_shutdown_timeout = 2\n"
    with closing(Site(tmp_path, backend, patient)) as site:
        site.wait_until_ready()
        with socket.create_connection(("127.0.0.1", site.port)) as client:
            client.sendall(b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nx")
            assert site.get("/asked") == (200, b"/asked")
            site.process.send_signal(signal.SIGTERM)
            assert site.process.wait(20) == 0


@pytest.mark.skipif(shutil.which("openssl") is None, reason="a certificate is made by openssl")
@pytest.mark.parametrize("backend", ["eventlet", "threading"])
def test_tls_and_a_client_that_never_shakes_hands(tmp_path, backend):
    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"]
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert, *subject]
    subprocess.run(made, check=True, capture_output=True)
    with closing(Site(tmp_path, backend, f"ssl_cert_file = {cert}\nssl_key_file = {key}\n")) as site:
        site.wait_until_ready()
        trusting = ssl.create_default_context(cafile=cert)
        with socket.create_connection(("127.0.0.1", site.port)):
            connection = http.client.HTTPSConnection("127.0.0.1", site.port, timeout=20, context=trusting)
            with closing(connection):
                connection.request("GET", "/safe")
                assert connection.getresponse().read() == b"/safe"
        with pytest.raises((OSError, http.client.HTTPException)):
            site.get("/safe")


def test_a_port_that_is_taken_is_named():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match=rf"can't listen on 127.0.0.1 port {port}: Address already in use"):
            listen("127.0.0.1", port)


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", ""),
        ("a=b", "?a=b"),
        ("X-Token=1&a=2", "?X-Token=***&a=2"),
        ("a=1&adminPassword=x%20y", "?a=1&adminPassword=***"),
        ("temp_url_sig=0&signature=abc", "?temp_url_sig=0&signature=***"),
    ],
)
def test_what_looks_like_a_secret_is_masked(caplog, query, shown):
    caplog.set_level("INFO", logger="compute_cloud.access")
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/p", "QUERY_STRING": query}
    list(access_log(lambda _, start: start("204 No Content", []) or [])(environ, lambda *_: None))
    assert f"'GET /p{shown}' 204" in caplog.text
