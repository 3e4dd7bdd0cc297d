"""The compute API in front of a conductor that keeps everything in memory."""

from collections.abc import Iterator
from typing import Any

import pytest
from api_cloud import Client, FakeCompute, FakeConductor, FakeImages

from compute_cloud.api.app import build_app
from compute_cloud.conf import CONF


@pytest.fixture
def conf() -> Iterator[Any]:
    CONF([], project="compute-cloud", default_config_files=[], default_config_dirs=[])
    CONF.set_override("auth_strategy", "noauth2", group="api")
    CONF.set_override("allow_noauth2", True, group="api")
    yield CONF
    CONF.reset()
    CONF.clear_override("auth_strategy", group="api")
    CONF.clear_override("allow_noauth2", group="api")


@pytest.fixture
def conductor() -> FakeConductor:
    return FakeConductor()


@pytest.fixture
def images() -> FakeImages:
    return FakeImages()


@pytest.fixture
def app(conf: Any, conductor: Any, images: Any) -> Any:
    return build_app(conf, conductor=conductor, images=images, compute=FakeCompute)


@pytest.fixture
def ask(app: Any) -> Client:
    return Client(app)


@pytest.fixture
def admin(app: Any) -> Client:
    return Client(app, "admin:admin")
