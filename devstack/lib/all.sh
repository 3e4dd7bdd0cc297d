# shellcheck shell=bash
# Everything in this directory, in the order in which it builds on one another.
lib=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=devstack/lib/paths.sh
source "$lib/paths.sh"
# shellcheck source=devstack/lib/steps.sh
source "$lib/steps.sh"
# shellcheck source=devstack/lib/files.sh
source "$lib/files.sh"
# shellcheck source=devstack/lib/processes.sh
source "$lib/processes.sh"
# shellcheck source=devstack/lib/packages.sh
source "$lib/packages.sh"
# shellcheck source=devstack/lib/services.sh
source "$lib/services.sh"
# shellcheck source=devstack/lib/accounts.sh
source "$lib/accounts.sh"
# shellcheck source=devstack/lib/stores.sh
source "$lib/stores.sh"
# shellcheck source=devstack/lib/venvs.sh
source "$lib/venvs.sh"
# shellcheck source=devstack/lib/keystone.sh
source "$lib/keystone.sh"
# shellcheck source=devstack/lib/config.sh
source "$lib/config.sh"
# shellcheck source=devstack/lib/product.sh
source "$lib/product.sh"
# shellcheck source=devstack/lib/guests.sh
source "$lib/guests.sh"
unset lib
