#!/bin/bash
# Builds a whole cloud on this machine: RabbitMQ, MariaDB, libvirt and Keystone where they are missing, the product,
# a small guest image, and a first server that runs. A second run makes only what is missing.
#
# usage: stack.sh [--standalone]
#   --standalone   no Keystone: HTTP basic authentication against a file of users
#
# Needs Debian 12 and root. Everything listens on the loopback. unstack.sh takes it all away again.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
# shellcheck source=devstack/lib/all.sh
source lib/all.sh

usage() {
    sed -n '2,/^set /{/^set /d; s/^# \{0,1\}//; p}' "${BASH_SOURCE[0]}"
}

parse() {
    mode=keystone
    while (($#)); do
        case $1 in
            --standalone) mode=standalone ;;
            -h | --help) usage; exit 0 ;;
            *) usage >&2; exit 2 ;;
        esac
        shift
    done
}

prepare() {
    [[ $EUID -eq 0 ]] || die "stack.sh installs packages and starts services: run it as root"
    install -d -m 0755 "$RUN" "$STATE"
    [[ -d $LOGS ]] || install -d -m 0755 "$LOGS"
    install -d -m 0700 "$NOTES"
    exec 9>"$RUN/stack.lock"
    flock -n 9 || die "another stack.sh or unstack.sh is running"
    local before
    before=$(remembered mode)
    [[ -z $before || $before == "$mode" ]] || die "a cloud of the other kind ($before) is here: run unstack.sh first"
    remember mode "$mode"
    local name
    for name in admin demo service broker ids database-compute_cloud database-keystone; do
        secret "$name" >/dev/null  # all at once here, since steps run beside one another
    done
    steps_open "$LOGS/stack"
}

stack() {
    step python install_packages "${PYTHON_PACKAGES[@]}"
    begin packages packages_of_the_stack
    begin accounts accounts_make "$mode"
    if [[ $mode == keystone ]]; then
        begin keystone-venv keystone_venv
    fi
    begin venv product_venv
    begin rabbitmq rabbitmq_step
    begin mariadb mariadb_step
    begin libvirt libvirt_step
    begin guest-image guest_image_step
    if [[ $mode == keystone ]]; then
        begin keystone keystone_up
    fi
    begin stores stores_step
    begin config config_step
    await packages accounts mariadb libvirt guest-image rabbitmq stores
    if [[ $mode == keystone ]]; then
        await keystone-venv
    fi
    await venv config
    if [[ $mode == keystone ]]; then
        await keystone
    fi
    step daemons daemons_up
    step contents cloud_contents
    step first-server first_server
}

rabbitmq_step() {
    after packages
    rabbitmq_up
}

mariadb_step() {
    after packages
    mariadb_up
}

libvirt_step() {
    after packages
    libvirt_up
}

guest_image_step() {
    after packages
    guest_image
}

stores_step() {
    after rabbitmq mariadb
    database_make compute_cloud
    broker_make
}

config_step() {
    after stores accounts venv
    config_write "$mode"
    commands_link
    schema_sync
}

report() {
    steps_table
    if ! steps_changed_something; then
        printf '\nNothing changed: the cloud was here as it should be.\n'
    fi
    printf '\n'
    as_admin compute-cloud show "$FIRST_SERVER" -c id -c name -c status -c flavor -c image -c OS-EXT-SRV-ATTR:instance_name
    cat <<TEXT

The cloud answers at http://127.0.0.1:$COMPUTE_PORT/v2.1 (compute) and http://127.0.0.1:$IMAGE_PORT (image).
  as its administrator:   source $OPENRC         then: compute-cloud list
  clouds.yaml:            $CLOUDS    (clouds devstack-admin and devstack)
                          export OS_CLIENT_CONFIG_FILE=$CLOUDS OS_CLOUD=devstack
  the guest's console:    compute-cloud console-log $FIRST_SERVER     or: virsh console DOMAIN (virsh list)
  logs: $LOGS    settings: $ETC    to take it all away: $DEVSTACK/unstack.sh
TEXT
}

parse "$@"
prepare
stack
report
