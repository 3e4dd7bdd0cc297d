"""Write the users of a cloud without Keystone: an htpasswd file (bcrypt) and who each of them is.

Passwords come from the environment: ADMIN_PASSWORD, DEMO_PASSWORD, SERVICE_PASSWORD. A file that already says the
right thing is left alone; each file written is one line on standard output.
"""

import argparse
import os
import uuid
from pathlib import Path

import bcrypt
import yaml

USERS = {
    "admin": ("ADMIN_PASSWORD", "admin", ["admin"]),
    "demo": ("DEMO_PASSWORD", "demo", ["member", "reader"]),
    "compute-cloud": ("SERVICE_PASSWORD", "service", ["service", "admin"]),
}
MODE = 0o640


def htpasswd_holds(path: Path, passwords: dict[str, str]) -> bool:
    """Whether the file has exactly these users with these passwords."""
    if not path.exists():
        return False
    hashes = dict(line.split(":", 1) for line in path.read_text(encoding="utf-8").splitlines() if line)
    return hashes.keys() == passwords.keys() and all(
        bcrypt.checkpw(password.encode(), hashes[user].encode()) for user, password in passwords.items()
    )


def htpasswd_text(passwords: dict[str, str]) -> str:
    """Return the file's lines, each with a fresh salt."""
    hashes = {user: bcrypt.hashpw(password.encode(), bcrypt.gensalt()).decode() for user, password in passwords.items()}
    return "".join(f"{user}:{hashed}\n" for user, hashed in hashes.items())


def mapping_text(namespace: str) -> str:
    """Return user -> ids, project and roles; the ids follow from the namespace, so that they stay."""

    def made(kind: str, name: str) -> str:
        return uuid.uuid5(uuid.NAMESPACE_OID, f"{namespace}/{kind}/{name}").hex

    said = {
        user: {
            "user_id": made("user", user),
            "project_id": made("project", project),
            "project_name": project,
            "roles": roles,
        }
        for user, (_, project, roles) in USERS.items()
    }
    return yaml.safe_dump(said, sort_keys=False)


def write(path: Path, text: str) -> None:
    """Replace a file in one move, never readable by others."""
    fresh = path.with_name(path.name + ".new")
    fresh.touch(MODE)
    fresh.chmod(MODE)
    fresh.write_text(text, encoding="utf-8")
    fresh.rename(path)
    print(path)


def main() -> None:
    """Read the command line and write what differs."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--namespace", required=True, help="any text; the ids of users and projects follow from it")
    parser.add_argument("--htpasswd", type=Path, required=True)
    parser.add_argument("--mapping", type=Path, required=True)
    options = parser.parse_args()
    passwords = {user: os.environ[variable] for user, (variable, _, _) in USERS.items()}
    if not htpasswd_holds(options.htpasswd, passwords):
        write(options.htpasswd, htpasswd_text(passwords))
    mapping = mapping_text(options.namespace)
    if not options.mapping.exists() or options.mapping.read_text(encoding="utf-8") != mapping:
        write(options.mapping, mapping)


if __name__ == "__main__":
    main()
