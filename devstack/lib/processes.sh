# shellcheck shell=bash
# Waiting for conditions, and daemons: units where systemd runs, else sessions of their own with a pid file.

has_systemd() {
    local state
    command -v systemctl >/dev/null || return 1
    state=$(systemctl is-system-running 2>/dev/null || true)
    [[ $state == running || $state == degraded || $state == starting ]]
}

port_answers() {  # port_answers PORT, on the loopback
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

wait_for() {  # wait_for SECONDS WORDS COMMAND...: until the command succeeds
    local deadline=$((SECONDS + $1)) words=$2
    shift 2
    until "$@"; do
        if ((SECONDS >= deadline)); then
            die "$words: not within the time allowed"
        fi
        sleep 0.1
    done
}

wait_for_daemon() {  # wait_for_daemon SECONDS NAME COMMAND...: until the command succeeds; a daemon that dies ends the wait
    local limit=$1 name=$2 started=$SECONDS
    shift 2
    until "$@"; do
        if ((SECONDS - started > 1)) && ! daemon_runs "$name"; then
            tail -n 30 "$LOGS/$name.out" >&2
            die "$name has ended"
        fi
        ((SECONDS - started < limit)) || die "$name does not answer"
        sleep 0.1
    done
}

# A dead daemon may stay as a zombie where process 1 reaps nothing, and its number may be another's by now.
is_alive() {  # is_alive PID PROGRAM
    local state
    [[ -n ${1:-} && -r /proc/$1/stat ]] || return 1
    state=$(sed 's/.*) //; s/ .*//' "/proc/$1/stat" 2>/dev/null) || return 1
    [[ $state != Z && $state != X ]] || return 1
    { tr '\0' ' ' <"/proc/$1/cmdline" | grep -F -- "$2"; } >/dev/null 2>&1
}

pid_of() {  # pid_of NAME: of a daemon of ours that lives
    local pid program
    [[ -s $RUN/$1.pid ]] || return 1
    read -r pid program <"$RUN/$1.pid"
    is_alive "$pid" "$program" && echo "$pid"
}

daemon_runs() {  # daemon_runs NAME
    if has_systemd; then
        systemctl --quiet is-active "$1.service"
    else
        pid_of "$1" >/dev/null
    fi
}

daemon_start() {  # daemon_start NAME ACCOUNT [VARIABLE=VALUE...] COMMAND [ARG...]
    local name=$1 account=$2 environment=()
    shift 2
    while [[ $1 == *=* ]]; do
        environment+=("$1")
        shift
    done
    install -d -m 0755 "$RUN"
    if has_systemd; then
        unit_text "$name" "$account" /usr/bin/env "${environment[@]}" "$@" >"$UNITS/$name.service"
        systemctl daemon-reload
        systemctl --quiet enable --now "$name.service"
        return
    fi
    : >>"$LOGS/$name.out"
    # the inner shell's number is the daemon's and its group's; the stack's lock (9) must not live on in it
    env "${environment[@]}" setsid setpriv --reuid "$account" --regid "$account" --init-groups \
        "$@" >>"$LOGS/$name.out" 2>&1 </dev/null 9>&- &
    printf '%s %s\n' "$!" "$1" >"$RUN/$name.pid"
    disown
}

# daemon_ensure NAME ACCOUNT MADE_OF COMMAND...: a daemon that runs on other code or settings than these is started anew
daemon_ensure() {
    local name=$1 account=$2 made_of=$3
    shift 3
    if daemon_runs "$name" && [[ $(cat "$RUN/$name.made-of" 2>/dev/null) == "$made_of" ]]; then
        return
    fi
    daemon_stop "$name"
    daemon_start "$name" "$account" "$@"
    echo "$made_of" >"$RUN/$name.made-of"
    changed "$name started"
}

unit_text() {
    local name=$1 account=$2
    shift 2
    cat <<TEXT
[Unit]
Description=Compute cloud: $name
After=network.target

[Service]
User=$account
ExecStart=$*
ExecReload=/bin/kill -HUP \$MAINPID
Restart=on-failure
KillMode=mixed
TimeoutStopSec=60
LimitNOFILE=65536
StandardOutput=append:$LOGS/$name.out
StandardError=append:$LOGS/$name.out

[Install]
WantedBy=multi-user.target
TEXT
}

daemons_stop() {  # daemons_stop NAME...: all asked at once, so that they finish beside one another
    local name pid
    if has_systemd; then
        systemctl stop "${@/%/.service}" 2>/dev/null || true
    else
        for name in "$@"; do
            ! pid=$(pid_of "$name") || kill -TERM "$pid" 2>/dev/null || true
        done
    fi
    for name in "$@"; do
        daemon_stop "$name"
    done
}

daemon_stop() {  # daemon_stop NAME: ask, wait, insist
    local name=$1 pid
    if has_systemd; then
        systemctl stop "$name.service" 2>/dev/null || true
    elif pid=$(pid_of "$name"); then
        kill -TERM "$pid" 2>/dev/null || true
        is_gone "$name" || wait_quietly 60 is_gone "$name" || true
        kill -KILL -- "-$pid" 2>/dev/null || true
        wait_for 10 "the end of $name" is_gone "$name"
    fi
    rm -f "$RUN/$name.pid" "$RUN/$name.made-of"
}

daemon_forget() {  # daemon_forget NAME: its unit, once it is stopped
    if [[ -e $UNITS/$1.service ]]; then
        systemctl --quiet disable "$1.service" 2>/dev/null || true
        rm -f "$UNITS/$1.service"
        systemctl daemon-reload 2>/dev/null || true
    fi
}

is_gone() {
    ! pid_of "$1" >/dev/null
}

wait_quietly() {  # wait_quietly SECONDS COMMAND...: like wait_for, but giving up is an answer
    local deadline=$((SECONDS + $1))
    shift
    until "$@"; do
        ((SECONDS < deadline)) || return 1
        sleep 0.1
    done
}
