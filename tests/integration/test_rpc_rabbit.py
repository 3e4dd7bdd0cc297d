"""The transport over a real RabbitMQ, on both backends. COMPUTE_CLOUD_TEST_TRANSPORT_URL names another broker."""

import os
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

URL = os.environ.get("COMPUTE_CLOUD_TEST_TRANSPORT_URL", "rabbit://guest:guest@127.0.0.1:5672/")
SCENARIO = Path(__file__).with_name("rpc_scenario.py")


@pytest.fixture
def broker():
    place = urlsplit(URL)
    try:
        socket.create_connection((place.hostname, place.port), timeout=2).close()
    except OSError:
        pytest.skip(f"no RabbitMQ at {place.hostname}:{place.port}")
    return URL


@pytest.mark.parametrize("backend", ["eventlet", "threading"])
def test_questions_over_rabbitmq(backend, broker):
    ran = subprocess.run(
        [sys.executable, SCENARIO, backend, broker], capture_output=True, text=True, timeout=120, check=False
    )
    assert ran.stdout.endswith("fine\n"), ran.stdout + ran.stderr
