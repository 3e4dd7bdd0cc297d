"""During an upgrade nothing is asked that the other side does not know yet."""

import pytest
from kiln import KilnRpc
from oslo_config import cfg

from compute_cloud import conf as product
from compute_cloud.errors import Unavailable
from compute_cloud.rpc.contract import methods
from compute_cloud.rpc.pinning import check, parse, pin

METHODS = methods(KilnRpc)


@pytest.fixture
def conf():
    conf = cfg.ConfigOpts()
    product.register(conf)
    conf([], default_config_files=[], default_config_dirs=[])
    return conf


@pytest.mark.parametrize(("level", "understood"), [("1.0", (1, 0)), ("2.13", (2, 13)), ("auto", None), ("yoga", None)])
def test_levels(conf, level, understood):
    conf.set_override("compute", level, group="upgrade_levels")
    assert pin(conf, "compute") == understood


def test_without_a_level_nothing_is_refused(conf):
    assert pin(conf, "compute") is None
    check(METHODS["wait"], "kiln", None)


def test_a_newer_method_is_refused_and_an_older_one_is_not():
    check(METHODS["look"], "kiln", (1, 0))
    check(METHODS["wait"], "kiln", (1, 1))
    with pytest.raises(Unavailable, match="upgraded"):
        check(METHODS["wait"], "kiln", (1, 0))


@pytest.mark.parametrize("text", ["1", "1.x", "", "1.2.3", "-1.0"])
def test_what_is_no_version_is_refused(text):
    with pytest.raises(ValueError, match="version"):
        parse(text)
