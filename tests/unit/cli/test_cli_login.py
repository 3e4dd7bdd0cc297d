import subprocess
import sys
from pathlib import Path

import pytest
from canned_cloud import CannedCloud, Run, basic

PASSWORD = {
    "OS_USERNAME": "demo",
    "OS_PASSWORD": "pw",
    "OS_PROJECT_NAME": "demo",
    "OS_USER_DOMAIN_ID": "default",
    "OS_PROJECT_DOMAIN_ID": "default",
}


def login(monkeypatch: pytest.MonkeyPatch, **variables: str) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


def test_password_by_variables_finds_both_services_in_the_catalogue(
    run: Run, cloud: CannedCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    login(monkeypatch, **PASSWORD, OS_AUTH_URL=f"{cloud.url}/v3")
    assert run("image-list", "-f", "value", "-c", "Name").out == "tiny\n"
    assert run("flavor-list", "-f", "value", "-c", "Name").out == "m1.tiny\n"
    assert cloud.asked[-1][4]["x-auth-token"] == "a-token"


def test_http_basic(run: Run, cloud: CannedCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    login(monkeypatch, OS_AUTH_TYPE="http_basic", OS_USERNAME="demo", OS_PASSWORD="pw", OS_ENDPOINT=f"{cloud.url}/v2.1")
    assert run("flavor-list").code == 0
    assert cloud.asked[-1][4]["authorization"] == basic("demo", "pw")


def test_admin_token_with_an_endpoint_override(run: Run, cloud: CannedCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    login(monkeypatch, OS_AUTH_TYPE="admin_token", OS_TOKEN="a-token", OS_COMPUTE_ENDPOINT_OVERRIDE=f"{cloud.url}/v2.1")
    assert run("flavor-list").code == 0


def test_clouds_yaml(run: Run, cloud: CannedCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(tmp_path / "clouds.yaml"))
    (tmp_path / "clouds.yaml").write_text(f"""
clouds:
  basic:
    auth_type: http_basic
    auth: {{username: demo, password: pw, endpoint: "{cloud.url}/v2.1"}}
    image_endpoint_override: {cloud.url}/image
  keystone:
    auth:
      {{auth_url: "{cloud.url}/v3", username: demo, password: pw,
        project_name: demo, user_domain_id: default, project_domain_id: default}}
""")
    for name in ("basic", "keystone"):
        assert run("--os-cloud", name, "image-list", "-f", "value", "-c", "Name").out == "tiny\n"
        assert run("--os-cloud", name, "flavor-list", "-f", "value", "-c", "Name").out == "m1.tiny\n"


def test_a_wrong_password_is_one_line(run: Run, cloud: CannedCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    login(monkeypatch, **PASSWORD | {"OS_PASSWORD": "no"}, OS_AUTH_URL=f"{cloud.url}/v3")
    answer = run("list")
    assert answer.code == 1
    assert answer.err == f"Wrong user or password. (HTTP 401, request req-{len(cloud.asked)})\n"


def test_the_servers_words_and_request_id(ask: Run, cloud: CannedCloud) -> None:
    answer = ask("flavor-create", "m1.tiny", "auto", "1", "1", "1")
    assert (answer.code, answer.out) == (1, "")
    assert answer.err == f"Flavor with name m1.tiny already exists. (HTTP 409, request req-{len(cloud.asked)})\n"


def test_nobody_listens(run: Run) -> None:
    answer = run("--os-auth-type", "none", "--os-endpoint", "http://127.0.0.1:9/v2.1", "list")
    assert answer.code == 1
    assert len(answer.err.splitlines()) == 1
    assert "127.0.0.1" in answer.err


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (("list",), "Name one of clouds.yaml"),
        (("--os-auth-type", "nonsense", "list"), "There is no auth type 'nonsense'"),
        (("--os-auth-type", "password", "list"), "login is not complete"),
    ],
)
def test_no_login(run: Run, argv: tuple[str, ...], words: str) -> None:
    answer = run(*argv)
    assert answer.code == 1
    assert words in answer.err
    assert len(answer.err.splitlines()) == 1


def test_a_traceback_only_with_debug(ask: Run) -> None:
    assert "Traceback" not in ask("show", "nothing").err
    assert "Traceback" in ask("--debug", "show", "nothing").err


def test_misuse_is_exit_code_2(run: Run) -> None:
    with pytest.raises(SystemExit) as problem:
        run("boot")
    assert problem.value.code == 2
    assert run("bot").code == 2


def test_help_imports_nothing_slow() -> None:
    script = (
        "import sys; from compute_cloud.cli.app import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\n"
        "slow = {'keystoneauth1', 'openstack', 'requests', 'oslo_config', 'cmd2'} & set(sys.modules)\n"
        "sys.exit(f'imported: {slow}' if slow else 0)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "console-log" in done.stdout
