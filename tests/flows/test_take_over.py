"""A conductor dies at each of its commits, just before or just after, and another one goes on."""

import pytest

from tests.flows.cloud import Cloud, Died

COMMITS = 12


def survive(cloud: Cloud) -> None:
    """Let all work; when the conductor dies, a new one finds what was left when the lease has run out."""
    for _ in range(6):
        try:
            cloud.settle()
            cloud.later(31)
        except Died:
            cloud.database.dies_at = None
            cloud.new_conductor()
    cloud.later(31)


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("commit", range(1, COMMITS))
@pytest.mark.parametrize("refusing", ["", "a", "ab"])
def test_boot(cloud: Cloud, commit: int, before: bool, refusing: str) -> None:
    for name in refusing:
        cloud.hosts[name].refuses = "no"
    (server_id,) = cloud.boot()
    cloud.database.dies_at, cloud.database.before = cloud.database.commits + commit, before
    survive(cloud)
    server = cloud.server(server_id)
    assert server.vm_state == ("error" if refusing == "ab" else "active")
    assert server.host == {"": "a", "a": "b", "ab": None}[refusing]
    cloud.check()


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("commit", range(1, COMMITS))
def test_delete(cloud: Cloud, commit: int, before: bool) -> None:
    (server_id,) = cloud.boot()
    cloud.settle()
    cloud.delete(server_id)
    cloud.database.dies_at, cloud.database.before = cloud.database.commits + commit, before
    survive(cloud)
    assert cloud.server(server_id).deleted
    cloud.check()


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("commit", range(1, COMMITS))
def test_delete_in_the_middle_of_a_boot(cloud: Cloud, commit: int, before: bool) -> None:
    (server_id,) = cloud.boot()
    fn, args = cloud.pool.work.popleft()
    fn(*args)
    cloud.delete(server_id)
    cloud.database.dies_at, cloud.database.before = cloud.database.commits + commit, before
    survive(cloud)
    assert cloud.server(server_id).deleted
    cloud.check()
