"""A token whose time is over, and questions that are an administrator's."""

import datetime as dt
import json
import time
import uuid

import pytest
import requests

from tests.integration.stack.conftest import Stack

COMPUTE = "http://127.0.0.1:8774/v2.1"
TOKEN_SECONDS = 20
PATIENCE_SECONDS = 60


def test_a_token_whose_time_is_over_is_401(stack: Stack) -> None:
    if stack.mode != "keystone":
        pytest.skip("there are no tokens without Keystone")
    ends = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=TOKEN_SECONDS)
    # a token lives no longer than the application credential it was got by
    name = f"t-{uuid.uuid4().hex[:8]}"
    words = ("application", "credential", "create", "--expiration", ends.strftime("%Y-%m-%dT%H:%M:%S"), name)
    credential = {key.lower(): value for key, value in stack.ask("openstack", *words).items()}
    try:
        token = token_by(credential["id"], credential["secret"])
        deadline = time.monotonic() + PATIENCE_SECONDS
        assert servers_by(token) == 200
        while (status := servers_by(token)) == 200 and time.monotonic() < deadline:
            pass
        assert status == 401
        assert dt.datetime.now(dt.UTC) >= ends - dt.timedelta(seconds=1)
    finally:
        stack.command("openstack", "application", "credential", "delete", credential["id"])


def token_by(credential: str, secret: str) -> str:
    proof = {"methods": ["application_credential"], "application_credential": {"id": credential, "secret": secret}}
    question = json.dumps({"auth": {"identity": proof}})
    answer = requests.post("http://127.0.0.1:5000/v3/auth/tokens", data=question, timeout=30)
    answer.raise_for_status()
    return answer.headers["X-Subject-Token"]


def servers_by(token: str) -> int:
    return requests.get(f"{COMPUTE}/servers", headers={"X-Auth-Token": token}, timeout=30).status_code


@pytest.mark.parametrize("words", [("compute", "service", "list"), ("hypervisor", "list")])
def test_an_administrators_list_is_not_a_users(stack: Stack, words: tuple[str, ...]) -> None:
    refused = stack.command("openstack", *words, cloud="devstack")
    assert refused.returncode != 0
    assert "403" in refused.stderr
    assert stack.command("openstack", *words, cloud="devstack-admin").returncode == 0
