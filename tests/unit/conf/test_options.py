"""An operator's old files load, and the new ones say what they mean."""

import re

import pytest
from oslo_config import cfg

from compute_cloud import conf as product


@pytest.fixture
def read(tmp_path):
    def read(text):
        path = tmp_path / "nova.conf"
        path.write_text(text)
        conf = cfg.ConfigOpts()
        product.register(conf)
        conf([], default_config_files=[str(path)], default_config_dirs=[])
        return conf

    return read


def test_the_global_object_is_the_one_that_oslo_messaging_knows():
    assert product.CONF is cfg.CONF


def test_nova_defaults(read):
    conf = read("")
    assert (conf.report_interval, conf.service_down_time) == (10, 60)
    assert (conf.osapi_compute_listen, conf.osapi_compute_listen_port) == ("0.0.0.0", 8774)
    assert conf.reserved_host_memory_mb == 512
    assert conf.initial_cpu_allocation_ratio == 4.0
    assert conf.cpu_allocation_ratio is None
    assert (conf.quota.instances, conf.quota.cores, conf.quota.ram) == (10, 20, 51200)
    assert conf.filter_scheduler.build_failure_weight_multiplier == 1000000.0
    assert conf.scheduler.max_attempts == 3
    assert conf.api.max_limit == 1000
    assert conf.api.auth_strategy == "keystone"


OLD = {
    "scheduler_driver = filter_scheduler": lambda c: c.scheduler.driver == "filter_scheduler",
    "scheduler_max_attempts = 7": lambda c: c.scheduler.max_attempts == 7,
    "scheduler_default_filters = A,B": lambda c: c.filter_scheduler.enabled_filters == ["A", "B"],
    "scheduler_available_filters = x.Y": lambda c: c.filter_scheduler.available_filters == ["x.Y"],
    "scheduler_host_subset_size = 4": lambda c: c.filter_scheduler.host_subset_size == 4,
    "ram_weight_multiplier = 2.5": lambda c: c.filter_scheduler.ram_weight_multiplier == 2.5,
    "libvirt_type = qemu": lambda c: c.libvirt.virt_type == "qemu",
    "libvirt_uri = test:///default": lambda c: c.libvirt.connection_uri == "test:///default",
    "vnc_enabled = false": lambda c: c.vnc.enabled is False,
    "vncserver_listen = 10.0.0.1": lambda c: c.vnc.server_listen == "10.0.0.1",
    "quota_instances = 3": lambda c: c.quota.instances == 3,
    "osapi_max_limit = 50": lambda c: c.api.max_limit == 50,
    "auth_strategy = noauth2": lambda c: c.api.auth_strategy == "noauth2",
    "api_paste_config = /etc/x.ini": lambda c: c.wsgi.api_paste_config == "/etc/x.ini",
    "osapi_compute_workers = 3": lambda c: c.osapi_compute_workers == 3,
    "cpu_allocation_ratio = 16.0": lambda c: c.cpu_allocation_ratio == 16.0,
}


@pytest.mark.parametrize("line", OLD)
def test_old_names_still_work(read, line):
    assert OLD[line](read(f"[DEFAULT]\n{line}\n"))


def test_a_file_of_nova_with_what_is_unknown_here_loads(read):
    conf = read(
        "[DEFAULT]\nrpc_backend = rabbit\nuse_neutron = true\n[placement]\nregion_name = x\n[cells]\nenable = no\n"
    )
    assert conf.host


def test_every_api_that_nova_names_may_stand_in_a_file(read):
    assert read("[DEFAULT]\nenabled_apis = osapi_compute,metadata\n").enabled_apis == ["osapi_compute", "metadata"]


def test_every_option_has_help_that_ends_as_a_sentence():
    for group, options in product.list_opts():
        for option in options:
            assert option.help, f"{group}.{option.name} has no help"
            assert re.search(r"[.:]$", option.help), f"{group}.{option.name}: {option.help}"
