"""What devstack writes for the daemons: the conductor alone learns where the database is."""

import subprocess
import sys
from pathlib import Path

import bcrypt
import pytest
import yaml
from oslo_config import cfg

from compute_cloud import conf

DEVSTACK = Path(__file__).resolve().parents[3] / "devstack"


def text_of(function: str) -> str:
    script = f"set -euo pipefail\nsource {DEVSTACK}/lib/all.sh\nsecret() {{ echo secret-of-$1; }}\n{function}"
    return subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("mode", ["keystone", "standalone"])
def test_the_common_file_has_no_database_url(mode: str) -> None:
    common = text_of(f"common_text; auth_text_{mode}")
    assert "rabbit://compute_cloud:secret-of-broker@127.0.0.1:5672/compute_cloud" in common
    assert "mysql" not in common
    assert "[database]" not in common
    assert "connection = mysql+pymysql://" in text_of("conductor_text")


@pytest.mark.parametrize("mode", ["keystone", "standalone"])
def test_the_common_file_loads_and_binds_to_the_loopback(tmp_path: Path, mode: str) -> None:
    (tmp_path / "compute-cloud.conf").write_text(text_of(f"common_text; auth_text_{mode}"))
    loaded = cfg.ConfigOpts()
    conf.register(loaded)
    loaded(["--config-file", str(tmp_path / "compute-cloud.conf")], project="compute-cloud")
    addresses = {loaded.osapi_compute_listen, loaded.image_listen, loaded.vnc.server_listen, loaded.my_ip}
    assert addresses == {"127.0.0.1"}
    assert loaded.enabled_apis == ["osapi_compute", "image"]
    assert loaded.api.auth_strategy == {"keystone": "keystone", "standalone": "http_basic"}[mode]


@pytest.mark.parametrize("mode", ["keystone", "standalone"])
def test_clouds_are_yaml_with_an_administrator_and_a_user(mode: str) -> None:
    clouds = yaml.safe_load(text_of(f"clouds_text_{mode}"))["clouds"]
    users = {name: cloud["auth"]["username"] for name, cloud in clouds.items()}
    assert users == {"devstack-admin": "admin", "devstack": "demo"}


@pytest.fixture
def users(tmp_path: Path) -> tuple[Path, Path]:
    return tmp_path / "htpasswd", tmp_path / "users.yaml"


def write_users(users: tuple[Path, Path], demo: str) -> list[str]:
    command = [sys.executable, str(DEVSTACK / "standalone/users.py"), "--namespace", "n"]
    command += ["--htpasswd", str(users[0]), "--mapping", str(users[1])]
    passwords = {"ADMIN_PASSWORD": "a", "DEMO_PASSWORD": demo, "SERVICE_PASSWORD": "s"}
    return subprocess.run(command, env=passwords, capture_output=True, text=True, check=True).stdout.split()


def test_users_without_keystone(users: tuple[Path, Path]) -> None:
    assert write_users(users, "d") == [str(path) for path in users]
    hashes = dict(line.split(":", 1) for line in users[0].read_text().splitlines())
    assert bcrypt.checkpw(b"d", hashes["demo"].encode())
    said = yaml.safe_load(users[1].read_text())
    assert said["admin"]["roles"] == ["admin"]
    assert len({user["project_id"] for user in said.values()}) == 3
    assert {path.stat().st_mode & 0o777 for path in users} == {0o640}


def test_users_stay_until_a_password_changes(users: tuple[Path, Path]) -> None:
    write_users(users, "d")
    before = users[1].read_text()
    assert write_users(users, "d") == []
    assert write_users(users, "other") == [str(users[0])]
    assert users[1].read_text() == before
