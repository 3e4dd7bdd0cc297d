"""The embedded image service in front of a real conductor on SQLite, served over HTTP."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from served_images import Images

from compute_cloud.api.app import build_image_api
from compute_cloud.conductor.service import ConductorService
from compute_cloud.conf import CONF
from compute_cloud.db.schema import migrate
from compute_cloud.rpc.contracts.conductor import ConductorRpc
from compute_cloud.rpc.local import LocalTransport
from tests.fixtures.wsgi import serving


@pytest.fixture
def images(tmp_path: Path) -> Iterator[Images]:
    database = f"sqlite:///{tmp_path}/cloud.sqlite"
    migrate(database)
    settings = tmp_path / "compute-cloud.conf"
    settings.write_text(
        f"[database]\nconnection = {database}\n"
        "[api]\nauth_strategy = noauth2\nallow_noauth2 = true\n"
        f"[image]\nfilesystem_store_datadir = {tmp_path}/images\n"
    )
    CONF(["--config-file", str(settings)], project="compute-cloud", default_config_dirs=[])
    transport = LocalTransport()
    service = ConductorService(CONF, transport)
    server = transport.server(ConductorRpc, service, host="books")
    server.start()
    with serving(build_image_api(CONF, conductor=transport.client(ConductorRpc))) as url:
        yield Images(url, tmp_path / "images")
    server.stop()
    service.stop()
    transport.close()
    CONF.reset()
