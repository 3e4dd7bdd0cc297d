"""What stack.sh promises: a real guest that runs, daemons that are up, and a second run that changes nothing."""

import subprocess

from tests.integration.stack.conftest import ETC, Stack


def test_the_first_server_runs_and_has_said_that_it_is_ready(stack: Stack) -> None:
    server = stack.ask("compute-cloud", "show", "first-server", cloud="devstack-admin")
    assert server["status"] == "ACTIVE"
    console = stack.command("compute-cloud", "console-log", "first-server", cloud="devstack-admin")
    assert "GUEST: READY" in console.stdout
    domains = subprocess.run(["virsh", "list", "--uuid"], capture_output=True, text=True, check=True)
    assert server["id"] in domains.stdout


def test_every_daemon_is_up(stack: Stack) -> None:
    services = stack.ask("compute-cloud", "service-list", cloud="devstack-admin")
    states = {service["Binary"]: service["State"] for service in services}
    assert states == {"nova-conductor": "up", "nova-scheduler": "up", "nova-compute": "up"}


def test_a_second_run_changes_nothing_and_is_quick(stack: Stack) -> None:
    before = stack.ask("compute-cloud", "show", "first-server", cloud="devstack-admin")
    report, seconds = stack.again()
    assert "Nothing changed" in report
    assert seconds < 60  # 30 on an idle machine
    assert stack.ask("compute-cloud", "show", "first-server", cloud="devstack-admin")["id"] == before["id"]


def test_secrets_are_readable_by_nobody_else(stack: Stack) -> None:
    assert stack.report
    assert all(file.stat().st_mode & 0o004 == 0 for file in ETC.glob("*.conf"))
    with_database = [file.name for file in ETC.glob("*.conf") if "[database]" in file.read_text()]
    assert with_database == ["conductor.conf"]
