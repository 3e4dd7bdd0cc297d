#!/bin/bash
# Takes away all that stack.sh made: servers, daemons, databases, the broker's user, accounts, files; and stops the
# services that stack.sh started (those that ran before it stay).
#
# usage: unstack.sh [--packages]
#   --packages   purge the packages too that stack.sh installed
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
# shellcheck source=devstack/lib/all.sh
source lib/all.sh

main() {
    local with_packages=
    case ${1:-} in
        '') ;;
        --packages) with_packages=yes ;;
        *) sed -n '2,/^set /{/^set /d; s/^# \{0,1\}//; p}' "${BASH_SOURCE[0]}" >&2; exit 2 ;;
    esac
    [[ $EUID -eq 0 ]] || die "unstack.sh stops services and removes accounts: run it as root"
    if [[ ! -d $NOTES && ! -d $ETC ]]; then
        echo "Nothing to take away: no cloud is here."
        return
    fi
    install -d -m 0755 "$RUN"
    exec 9>"$RUN/stack.lock"
    flock -n 9 || die "another stack.sh or unstack.sh is running"
    SECONDS=0
    daemons_down
    keystone_down
    echo "daemons stopped"
    guests_remove
    stores_remove
    services_down
    [[ -z $with_packages ]] || remove_packages
    accounts_remove
    commands_unlink
    rm -rf "$ETC" "$KEYSTONE_ETC" "$LOGS" "$STATE" "$RUN" "$OPT"
    echo "All taken away in $SECONDS s."
}

# what was made in a service that has stopped since is taken out too, so it is started for that
stores_remove() {
    if [[ -n $(remembered databases) ]]; then
        mariadb_up
        databases_remove
        echo "databases dropped"
    fi
    if [[ -n $(remembered broker) ]]; then
        rabbitmq_up
        broker_remove
        echo "broker user removed"
    fi
}

# outside of a step there is nobody to tell
changed() {
    echo "$*"
}

main "$@"
