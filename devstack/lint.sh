#!/bin/bash
# Checks every shell script of the repository with shellcheck.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
shellcheck --external-sources devstack/*.sh devstack/guest-image/build.sh .ci/run
shellcheck --shell=sh devstack/guest-image/root/{init,bin/*,etc/rc.d/*,etc/acpi/PWRF/*}
