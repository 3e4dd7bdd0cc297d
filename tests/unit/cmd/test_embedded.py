"""The directory of a cloud in one process is made once, kept, and follows what is asked at later starts."""

import configparser
import stat

import bcrypt
import pytest
import yaml

from compute_cloud.cmd.embedded import USERS, prepare


@pytest.fixture
def start(tmp_path):
    def start(driver=None, listen=None, port=None, image_port=None):
        return prepare(tmp_path / "cloud", driver=driver, listen=listen, port=port, image_port=image_port)

    return start


def options(place):
    parser = configparser.RawConfigParser(default_section="")
    parser.read(place.configuration)
    return parser


def test_everything_is_made_and_private(start):
    place = start()
    assert all(stat.S_IMODE(path.stat().st_mode) & 0o077 == 0 for path in [place.directory, *place.directory.iterdir()])
    assert options(place).get("DEFAULT", "compute_driver") == "fake"
    assert options(place).get("database", "connection") == f"sqlite:///{place.directory}/compute-cloud.db"


def test_every_user_has_a_password_that_is_right_and_a_project(start):
    place = start()
    passwords = dict(line.split(":") for line in (place.directory / "passwords").read_text().splitlines())
    hashes = dict(line.split(":") for line in (place.directory / "htpasswd").read_text().splitlines())
    mapping = yaml.safe_load((place.directory / "users.yaml").read_text())
    assert set(passwords) == set(hashes) == set(mapping) == set(USERS)
    assert all(bcrypt.checkpw(passwords[user].encode(), hashes[user].encode()) for user in USERS)
    assert len({user["project_id"] for user in mapping.values()}) == len(USERS)
    clouds = yaml.safe_load(place.clouds.read_text())["clouds"]
    assert {user: cloud["auth"]["password"] for user, cloud in clouds.items()}.items() <= passwords.items()


def test_a_second_start_changes_nothing(start):
    first = start()
    before = {path.name: path.read_bytes() for path in first.directory.iterdir() if path.is_file()}
    second = start()
    assert {path.name: path.read_bytes() for path in second.directory.iterdir() if path.is_file()} == before


def test_what_its_owner_wrote_stays(start):
    place = start()
    with place.configuration.open("a") as written:
        written.write("# why\n[filter_scheduler]\navailable_filters = one\navailable_filters = two\n")
    before = place.configuration.read_text()
    assert start().configuration.read_text() == before


def test_what_is_asked_is_written_and_kept(start):
    start(driver="libvirt", listen="0.0.0.0", port=1234, image_port=1235)
    place = start()
    assert options(place).get("DEFAULT", "compute_driver") == "libvirt"
    assert options(place).get("glance", "endpoint_override") == "http://127.0.0.1:1235"
    clouds = yaml.safe_load(place.clouds.read_text())["clouds"]
    assert clouds["demo"]["compute_endpoint_override"] == "http://127.0.0.1:1234/v2.1"


def test_what_an_operator_wrote_stays(start):
    place = start()
    place.configuration.write_text(place.configuration.read_text().replace("[fake]", "[fake]\nvcpus = 3"))
    assert options(start()).get("fake", "vcpus") == "3"


def test_an_address_of_version_6_is_written_as_urls_want_it(start):
    assert options(start(listen="::1")).get("glance", "endpoint_override") == "http://[::1]:9292"
