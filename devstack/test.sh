#!/bin/bash
# Runs every check and every test, and installs what they need on a bare Debian 12 (as root; without root only what is
# there is used). RabbitMQ, MariaDB and libvirt are started on the loopback when nothing answers, and stopped at the end.
#
# usage: test.sh [PYTEST_ARGUMENT...]     arguments replace the list of test directories
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
work=$(mktemp -d)
NOTES=$work/notes
# shellcheck source=devstack/lib/all.sh
source lib/all.sh

readonly TEST_VENV=$CHECKOUT/.venv
# the cheapest first
readonly TEST_DIRECTORIES=(unit contracts properties house flows functional integration)
readonly TEST_ACCOUNT=cc_test_$$  # of MariaDB, for this run; may do what it likes with databases called cc_test_…

clean_up() {
    local status=$?
    trap - EXIT
    {
        [[ ! -e $NOTES/test-account ]] || mariadb -e "DROP USER '$TEST_ACCOUNT'@'localhost', '$TEST_ACCOUNT'@'127.0.0.1'"
        services_down
        rm -rf "$work"
    } >"$work.log" 2>&1 || cat "$work.log" >&2
    rm -f "$work.log"
    exit "$status"
}

prepare() {
    mkdir -p "$NOTES"
    trap clean_up EXIT
    steps_open "$work/steps"
    step python install_packages "${PYTHON_PACKAGES[@]}"
    begin packages packages_of_the_tests
    begin venv test_venv
    begin rabbitmq rabbitmq_for_tests
    begin mariadb mariadb_for_tests
    begin libvirt libvirt_for_tests
    begin guest-image guest_image_for_tests
    await packages rabbitmq mariadb libvirt guest-image venv
}

packages_of_the_tests() {
    packages_of_the_stack
    install_packages shellcheck
}

test_venv() {
    # the editable package follows the checkout; only its requirements can make the virtualenv stale
    wait_for_steps packages
    [[ ! -f $TEST_VENV ]] || rm "$TEST_VENV"  # tox leaves a file of this name that points to a virtualenv of its own
    venv_make "$TEST_VENV" "$(sha256sum <"$CHECKOUT/pyproject.toml")" --editable "${CHECKOUT}[dev,libvirt]"
}

rabbitmq_for_tests() {
    after packages
    rabbitmq_up
}

mariadb_for_tests() {
    after packages
    mariadb_up
    local password
    password=$(secret tests)
    mariadb <<SQL
CREATE USER '$TEST_ACCOUNT'@'localhost' IDENTIFIED BY '$password', '$TEST_ACCOUNT'@'127.0.0.1' IDENTIFIED BY '$password';
GRANT ALL ON \`cc\\_test\\_%\`.* TO '$TEST_ACCOUNT'@'localhost', '$TEST_ACCOUNT'@'127.0.0.1';
SQL
    remember test-account "$TEST_ACCOUNT"
}

libvirt_for_tests() {
    after packages
    libvirt_up
}

guest_image_for_tests() {
    after packages
    "$DEVSTACK/guest-image/build.sh" "$work/guest-image"
    changed "built for this run"
}

check() {  # check WORDS COMMAND...
    echo "== $1"
    shift
    "$@"
}

main() {
    local directory tests=("$@")
    prepare
    cd "$CHECKOUT"
    export PATH=$TEST_VENV/bin:$PATH
    COMPUTE_CLOUD_TEST_MARIADB=mysql+pymysql://$TEST_ACCOUNT:$(secret tests)@127.0.0.1:$MARIADB_PORT
    COMPUTE_CLOUD_GUEST_IMAGE=$work/guest-image/guest.qcow2
    export COMPUTE_CLOUD_TEST_MARIADB COMPUTE_CLOUD_GUEST_IMAGE
    check "shell scripts" devstack/lint.sh
    check "ruff" ruff check .
    check "mypy" mypy
    check "laws of the house" lint-imports
    if ((${#tests[@]} == 0)); then
        for directory in "${TEST_DIRECTORIES[@]}"; do
            [[ ! -d tests/$directory ]] || tests+=("tests/$directory")
        done
    fi
    echo "== tests"
    pytest -q "${tests[@]}"
}

main "$@"
