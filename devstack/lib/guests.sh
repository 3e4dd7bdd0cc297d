# shellcheck shell=bash
# The guest image, the first server, and the removal of every guest of ours.

readonly FIRST_SERVER=first-server
readonly QEMU_LOGS=/var/log/libvirt/qemu

guest_image() {
    local made_with
    made_with=$(tree_hash "$DEVSTACK/guest-image")
    if [[ -s $GUEST_IMAGE/guest.qcow2 && $(cat "$GUEST_IMAGE/.made-with" 2>/dev/null) == "$made_with" ]]; then
        return
    fi
    "$DEVSTACK/guest-image/build.sh" "$GUEST_IMAGE"
    echo "$made_with" >"$GUEST_IMAGE/.made-with"
    changed "$GUEST_IMAGE/guest.qcow2"
}

as_admin() {
    OS_CLIENT_CONFIG_FILE=$CLOUDS OS_CLOUD=devstack-admin "$@"
}

cloud_contents() {
    as_admin "$VENV/bin/python" "$DEVSTACK/cloud/contents.py" --image "guest=$GUEST_IMAGE/guest.qcow2" |
        while read -r made; do
            changed "$made"
        done
}

first_server() {
    local status
    status=$(as_admin compute-cloud show "$FIRST_SERVER" -f value -c status 2>/dev/null || true)
    if [[ -n $status && $status != ACTIVE ]]; then
        echo "$FIRST_SERVER is $status: made anew"
        as_admin compute-cloud delete --wait "$FIRST_SERVER"
        status=
    fi
    if [[ -z $status ]]; then
        as_admin compute-cloud boot --poll --image guest --flavor m1.nano "$FIRST_SERVER"
        changed "$FIRST_SERVER booted"
    fi
    wait_for 180 "the ready line of $FIRST_SERVER" first_server_is_ready
}

first_server_is_ready() {
    as_admin compute-cloud console-log "$FIRST_SERVER" | grep 'GUEST: READY'
}

# domains_of_ours: names of all domains whose disks are in our directory
domains_of_ours() {
    local domain
    for domain in $(virsh -q list --all --name); do
        # grep reads to the end: one that stopped at the first hit would fail virsh, and so the pipe
        if virsh dumpxml "$domain" | grep -F "$INSTANCES/" >/dev/null; then
            echo "$domain"
        fi
    done
}

guests_remove() {
    libvirt_answers || return 0
    local domain
    for domain in $(domains_of_ours); do
        virsh -q destroy "$domain" >/dev/null 2>&1 || true
        virsh -q undefine --managed-save --snapshots-metadata --checkpoints-metadata --nvram "$domain"
        echo "guest $domain removed"
    done
    guest_logs_remove
}

# libvirt keeps a log of every guest that ever was, and of the compute daemon's probe of KVM
guest_logs_remove() {
    [[ -d $QEMU_LOGS ]] || return 0
    find "$QEMU_LOGS" -name '*.log' -exec grep -qF "$INSTANCES/" {} \; -delete
    rm -f "$QEMU_LOGS"/probe-????????.log
}
