# shellcheck shell=bash
# The product itself: schema, daemons, commands on the PATH.

readonly COMMANDS=(compute-cloud compute-cloud-manage)
readonly BIN=/usr/local/bin

# compute-cloud-manage looks into the database, so it reads the conductor's file too
manage() {
    "$VENV/bin/compute-cloud-manage" --config-file "$COMMON_CONF" --config-file "$CONDUCTOR_CONF" "$@"
}

commands_link() {
    local command
    for command in "${COMMANDS[@]}"; do
        if [[ $(readlink "$BIN/$command") != "$VENV/bin/$command" ]]; then
            ln -sfn "$VENV/bin/$command" "$BIN/$command"
            changed "$BIN/$command"
        fi
    done
}

commands_unlink() {
    local command
    for command in "${COMMANDS[@]}"; do
        [[ $(readlink "$BIN/$command") != "$VENV/bin/$command" ]] || rm -f "$BIN/$command"
    done
}

schema_sync() {
    local made_with
    made_with=$(<"$VENV/.made-with")
    if remembered schema "$made_with" && database_has compute_cloud alembic_version; then
        return
    fi
    setpriv --reuid "$CONDUCTOR_ACCOUNT" --regid "$CONDUCTOR_ACCOUNT" --init-groups \
        "$VENV/bin/compute-cloud-manage" --config-file "$COMMON_CONF" --config-file "$CONDUCTOR_CONF" db sync
    rm -f "$NOTES/schema"
    remember schema "$made_with"
    changed "schema"
}

daemon_account() {
    case $1 in
        conductor) echo "$CONDUCTOR_ACCOUNT" ;;
        compute) echo root ;;
        *) echo "$ACCOUNT" ;;
    esac
}

# the conductor alone is given the file with the database URL
daemon_files() {
    echo "$COMMON_CONF"
    [[ $1 != conductor ]] || echo "$CONDUCTOR_CONF"
}

daemons_up() {
    local daemon file made_of options
    for daemon in "${DAEMONS[@]}"; do
        options=()
        while read -r file; do
            options+=(--config-file "$file")
        done < <(daemon_files "$daemon")
        made_of=$(daemon_files "$daemon" | xargs cat "$ETC/api-paste.ini" "$VENV/.made-with" | sha256sum)
        daemon_ensure "compute-cloud-$daemon" "$(daemon_account "$daemon")" "$made_of" \
            "$VENV/bin/compute-cloud-$daemon" "${options[@]}"
    done
    wait_for 60 "the compute API" port_answers "$COMPUTE_PORT"
    wait_for 60 "the image service" port_answers "$IMAGE_PORT"
    as_admin "$VENV/bin/python" "$DEVSTACK/cloud/services.py"
}

daemons_down() {
    local names=("${DAEMONS[@]/#/compute-cloud-}") name
    daemons_stop "${names[@]}"
    for name in "${names[@]}"; do
        daemon_forget "$name"
    done
}
