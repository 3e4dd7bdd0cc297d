"""A libvirtd of our own in a mount namespace of its own, so that a test may kill it."""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

DIRECTORIES = ("/run/libvirt", "/var/lib/libvirt", "/etc/libvirt", "/var/log/libvirt", "/var/cache/libvirt")
QEMU_CONF = """
security_driver = "none"
namespaces = []
cgroup_controllers = []
stdio_handler = "logd"
remember_owner = 0
"""


class PrivateLibvirtd:
    """libvirtd and virtlogd under ``home``; needs root."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.uri = f"qemu+unix:///system?socket={home}/run/libvirt-sock"
        binds = []
        for real in DIRECTORIES:
            mine = home / real.split("/")[1].replace("var", real.split("/")[2])
            mine.mkdir(parents=True, exist_ok=True)
            binds.append(f"mount --bind {mine} {real}")
        (home / "etc" / "qemu.conf").write_text(QEMU_CONF)
        (home / "etc" / "libvirtd.conf").write_text('auth_unix_rw = "none"\n')
        if Path("/dev/kvm").exists():
            # as udev would have it: a libvirt whose QEMU may not open the device probes QEMU anew at every turn
            kvm = f"mknod {home}/kvm c 10 232 && chgrp kvm {home}/kvm && chmod 0660 {home}/kvm"
            binds.append(f"{kvm} && mount --bind {home}/kvm /dev/kvm")
        script = " && ".join([*binds, 'echo $$ > "$1"', "exec sleep infinity"])
        self._keeper = subprocess.Popen(["unshare", "-m", "sh", "-c", script, "sh", str(home / "keeper")])
        _wait((home / "keeper").exists)
        self._run("virtlogd", "-d", "-p", f"{home}/virtlogd.pid")
        self.start()

    def start(self) -> None:
        self._run("libvirtd", "-d", "-p", f"{self.home}/libvirtd.pid")
        _wait((self.home / "run" / "libvirt-sock").exists)

    def kill(self) -> None:
        """Let it die without a word."""
        _end(self.home / "libvirtd.pid", signal.SIGKILL)
        (self.home / "run" / "libvirt-sock").unlink(missing_ok=True)

    def close(self) -> None:
        _end(self.home / "libvirtd.pid", signal.SIGTERM)
        _end(self.home / "virtlogd.pid", signal.SIGTERM)
        self._keeper.kill()
        self._keeper.wait()
        shutil.rmtree(self.home)

    def _run(self, *command: str) -> None:
        into = ["nsenter", "-m", "-t", str(self._keeper.pid)]
        subprocess.run([*into, *command], check=True, timeout=60, capture_output=True)


def _end(pid_file: Path, number: int) -> None:
    pid = int(pid_file.read_text())
    os.kill(pid, number)
    _wait(lambda: not _runs(pid))
    pid_file.unlink(missing_ok=True)


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def _wait(true, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)
