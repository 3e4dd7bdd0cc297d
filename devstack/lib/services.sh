# shellcheck shell=bash
# RabbitMQ, MariaDB and libvirt: started only when nothing answers, on the loopback or a unix socket only, and noted in
# the list "services", so that they are stopped again by those who started them.

service_started() {
    remember services "$1"
    changed "$1 started"
}

# units_up PACKAGE UNIT...: start, and at each boot; units that started at boot before the stack came will go on to
units_up() {
    local package=$1
    shift
    if ! remembered packages "$package" && systemctl --quiet is-enabled "$1"; then
        remember units "$package"
    fi
    systemctl --quiet enable --now "$@"
}

# units_down PACKAGE UNIT...: stop, and not at the next boot: the package's own settings may listen on every interface
units_down() {
    local package=$1
    shift
    systemctl --quiet stop "$@" || true
    if ! remembered units "$package"; then
        systemctl --quiet disable "$@" 2>/dev/null || true
    fi
}

# --- RabbitMQ ---------------------------------------------------------------------------------------------------------

readonly RABBITMQ_ENV=/etc/rabbitmq/rabbitmq-env.conf
readonly EPMD_DROP_IN=$UNITS/epmd.socket.d/compute-cloud.conf

rabbitmq_up() {
    if port_answers "$RABBITMQ_PORT"; then
        return
    fi
    # the node's name must resolve to the loopback, whatever the machine calls itself
    put_block "$RABBITMQ_ENV" <<'TEXT'
NODENAME=rabbit@localhost
NODE_IP_ADDRESS=127.0.0.1
SERVER_ADDITIONAL_ERL_ARGS='-kernel inet_dist_use_interface {127,0,0,1}'
CTL_ERL_ARGS='-kernel inet_dist_use_interface {127,0,0,1}'
export ERL_EPMD_ADDRESS=127.0.0.1
TEXT
    if has_systemd; then
        install -d -m 0755 "$(dirname "$EPMD_DROP_IN")"
        printf '[Socket]\nListenStream=\nListenStream=127.0.0.1:4369\n' >"$EPMD_DROP_IN"
        systemctl daemon-reload
        units_up rabbitmq-server rabbitmq-server.service
    else
        rabbitmq-server -detached 9>&-
    fi
    wait_for 120 "RabbitMQ" port_answers "$RABBITMQ_PORT"
    rabbitmqctl -q await_startup --timeout 120
    service_started rabbitmq
}

rabbitmq_down() {
    if has_systemd; then
        units_down rabbitmq-server rabbitmq-server.service
        units_down erlang-base epmd.service epmd.socket  # only now: the node says goodbye through it
    else
        local pid
        pid=$(rabbitmq_pid)
        rabbitmqctl -q stop || true
        [[ -z $pid ]] || wait_for 60 "the end of RabbitMQ" process_is_gone "$pid" beam
        epmd -kill >/dev/null || true
    fi
    drop_block "$RABBITMQ_ENV"
    if [[ -e $EPMD_DROP_IN ]]; then
        rm -f "$EPMD_DROP_IN"
        rmdir --ignore-fail-on-non-empty "$(dirname "$EPMD_DROP_IN")"
        systemctl daemon-reload
    fi
}

rabbitmq_pid() {
    rabbitmqctl -q eval 'io:format("~s~n", [os:getpid()]).' | head -n 1 || true
}

process_is_gone() {
    ! is_alive "$@"
}

# --- MariaDB ----------------------------------------------------------------------------------------------------------

readonly MYSQLD_RUN=/run/mysqld

mariadb_up() {
    if port_answers "$MARIADB_PORT"; then
        return
    fi
    if has_systemd; then
        # the package's socket unit listens on every address, whatever the server's own settings say
        systemctl --quiet disable --now mariadb.socket 2>/dev/null || true
        units_up mariadb-server mariadb.service
    else
        install -d -m 0755 -o mysql -g mysql "$MYSQLD_RUN"
        setsid mariadbd-safe --user=mysql --bind-address=127.0.0.1 >/dev/null 2>&1 </dev/null 9>&- &
        disown
    fi
    wait_for 60 "MariaDB" mariadb_answers
    service_started mariadb
}

mariadb_answers() {
    mariadb -e 'SELECT 1' >/dev/null 2>&1
}

mariadb_down() {
    if has_systemd; then
        units_down mariadb-server mariadb.service mariadb.socket
    else
        mariadb-admin shutdown
        wait_for 60 "the end of MariaDB" mariadb_is_gone
    fi
}

mariadb_is_gone() {
    ! port_answers "$MARIADB_PORT" && [[ ! -e $MYSQLD_RUN/mysqld.pid ]]
}

# --- libvirt ----------------------------------------------------------------------------------------------------------

readonly QEMU_CONF=/etc/libvirt/qemu.conf

libvirt_answers() {
    [[ -S $LIBVIRT_SOCKET ]] && virsh -c qemu:///system uri >/dev/null 2>&1
}

libvirt_up() {
    if libvirt_answers; then
        return
    fi
    if ! is_whole_machine; then
        # no udev and no AppArmor to lean on; QEMU still runs as libvirt-qemu
        put_block "$QEMU_CONF" <<'TEXT'
security_driver = "none"
namespaces = []
cgroup_controllers = [ "cpu", "cpuacct", "cpuset", "memory", "devices", "blkio" ]
stdio_handler = "logd"
remember_owner = 0
TEXT
        kvm_open
    fi
    if has_systemd; then
        units_up libvirt-daemon-system libvirtd.service libvirtd.socket virtlogd.socket
    else
        virtlogd -d 9>&-
        libvirtd -d 9>&-
    fi
    wait_for 60 "libvirt" libvirt_answers
    service_started libvirt
}

is_whole_machine() {
    has_systemd && ! systemd-detect-virt --quiet --container
}

libvirt_down() {
    if has_systemd; then
        units_down libvirt-daemon-system libvirtd.service libvirtd.socket libvirtd-ro.socket libvirtd-admin.socket \
            virtlogd.service virtlogd.socket virtlogd-admin.socket
    else
        libvirt_kill
    fi
    drop_block "$QEMU_CONF"
    kvm_close
}

libvirt_kill() {
    local name pid
    for name in libvirtd virtlogd; do
        if [[ -s /run/$name.pid ]]; then
            pid=$(<"/run/$name.pid")
            ! is_alive "$pid" "$name" || kill -TERM "$pid"
            wait_for 30 "the end of $name" process_is_gone "$pid" "$name"
        fi
    done
}

# what udev does elsewhere: while QEMU may not open the device, libvirt looks anew at what QEMU can before each guest
kvm_open() {
    [[ -c /dev/kvm ]] || return 0
    remember kvm-device "$(stat -c '%a %U:%G' /dev/kvm)"
    chgrp kvm /dev/kvm
    chmod 0660 /dev/kvm
}

kvm_close() {
    local mode owner
    read -r mode owner <<<"$(remembered kvm-device)"
    if [[ -n $mode && -c /dev/kvm ]]; then
        chown "$owner" /dev/kvm
        chmod "$mode" /dev/kvm
    fi
}

services_down() {  # those of the list, the last started first
    local service
    for service in $(remembered services | tac); do
        "${service}_down"
        echo "$service stopped"
    done
    rm -f "$NOTES/services"
}
