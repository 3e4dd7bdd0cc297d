"""The product as a user has it: one process, asked over HTTP and by its commands, on each concurrency backend."""

from collections.abc import Iterator

import pytest

from tests.functional.product.whole_cloud import BACKENDS, Furnished, WholeCloud

OPTIONS = {
    # everything that libraries have to say as well, queries apart: a secret must not stand there either
    "DEFAULT": {"default_log_levels": "sqlalchemy=WARNING"},
    "fake": {"vcpus": 32, "memory_mb": 16384, "disk_gb": 1000},
    "quota": {"instances": 100, "cores": 400, "ram": 1000000},
}


@pytest.fixture(scope="package")
def clouds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, WholeCloud]]:
    """One cloud a backend. When all tests are done their logs must hold no traceback, no error and no secret."""
    made = {backend: WholeCloud(tmp_path_factory.mktemp(backend), backend, OPTIONS) for backend in BACKENDS}
    try:
        for cloud in made.values():
            cloud.start()
        for cloud in made.values():
            cloud.ready()
        yield made
        for cloud in made.values():
            cloud.stop()
            assert cloud.exit_status == 0
    finally:
        for cloud in made.values():
            cloud.kill()
    assert {backend: cloud.complaints() for backend, cloud in made.items()} == {backend: [] for backend in made}


@pytest.fixture(scope="package", params=BACKENDS)
def cloud(request: pytest.FixtureRequest, clouds: dict[str, WholeCloud]) -> WholeCloud:
    return clouds[request.param]


@pytest.fixture(scope="package")
def furnished(cloud: WholeCloud) -> Furnished:
    admin = cloud.user("admin")
    return Furnished(
        cloud=cloud,
        image=admin.upload("small", bytes(4096), visibility="public"),
        tiny=admin.flavor("tiny"),
        fat=admin.flavor("fat", memory_mb=65536),
        wide=admin.flavor("wide", vcpus=64),
    )
