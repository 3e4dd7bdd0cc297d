"""The compute API in front of a real conductor on SQLite, in one process. There are no hosts."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from compute_cloud.api.app import build_app
from compute_cloud.conductor.service import ConductorService
from compute_cloud.conf import CONF
from compute_cloud.context import nobody
from compute_cloud.db.schema import migrate
from compute_cloud.objects.flavor import Flavor
from compute_cloud.objects.service import Alive
from compute_cloud.rpc.contracts.compute import ComputeRpc
from compute_cloud.rpc.contracts.conductor import ConductorRpc
from compute_cloud.rpc.contracts.scheduler import SchedulerRpc
from compute_cloud.rpc.local import LocalTransport
from tests.functional.api.books import Cloud, NoHosts, OneImage


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    file = tmp_path_factory.mktemp("db") / "empty.sqlite"
    migrate(f"sqlite:///{file}")
    return file.read_bytes()


@pytest.fixture
def cloud(tmp_path: Path, migrated: bytes) -> Iterator[Cloud]:
    database = tmp_path / "cloud.sqlite"
    database.write_bytes(migrated)
    settings = tmp_path / "compute-cloud.conf"
    settings.write_text(
        f"[database]\nconnection = sqlite:///{database}\n"
        "[api]\nauth_strategy = noauth2\nallow_noauth2 = true\n"
        "[quota]\ninstances = 20\n"
    )
    CONF(["--config-file", str(settings)], project="compute-cloud", default_config_dirs=[])
    transport = LocalTransport()
    service = ConductorService(CONF, transport)
    server = transport.server(ConductorRpc, service, host="books")
    scheduler = transport.server(SchedulerRpc, NoHosts(), host="desk")
    server.start()
    scheduler.start()
    conductor = transport.client(ConductorRpc)
    for flavor in (
        Flavor(id="1", name="small", vcpus=1, memory_mb=64, root_gb=1),
        Flavor(id="2", name="big", vcpus=8, memory_mb=8192, root_gb=9),
    ):
        conductor.create_flavor(nobody(), flavor=flavor)
    conductor.report_alive(nobody(), alive=Alive(host="host1", binary="nova-compute"))
    yield Cloud(
        build_app(
            CONF, conductor=conductor, images=OneImage(), compute=lambda host: transport.client(ComputeRpc, host=host)
        )
    )
    server.stop()
    service.stop()
    scheduler.stop()
    transport.close()
    CONF.reset()
