# shellcheck shell=bash
# Steps: functions that run in the background, each with its log, its time and the list of what it changed.
#
#   begin NAME FUNCTION [ARG...]   start a step
#   after NAME...                  (inside a step) wait for other steps; its own time counts from then on
#   changed WORDS                  (inside a step) note what was made or altered; a step that notes nothing changed nothing
#   $SCRATCH                       (inside a step) a directory that is removed when the step ends
#   await NAME...                  wait for steps; the first failure ends the script with that step's log
#   step NAME FUNCTION [ARG...]    begin and await

declare -A STEP_PIDS=()
STEP_ORDER=()
STEP_DIR=
STEP=
SCRATCH=

steps_open() {  # steps_open DIRECTORY: where logs and notes of the steps go
    STEP_DIR=$1
    mkdir -p "$STEP_DIR"
    rm -f "$STEP_DIR"/*.{log,changes,started,ended,done}
    STEPS_STARTED=$EPOCHREALTIME
    trap 'steps_stop; echo "interrupted" >&2; exit 130' INT TERM
}

begin() {
    local name=$1
    shift
    STEP_ORDER+=("$name")
    set -m  # its own process group, so that the whole step can be ended
    (run_step "$name" "$@") >"$STEP_DIR/$name.log" 2>&1 </dev/null &
    set +m
    STEP_PIDS[$name]=$!
}

run_step() {
    set -euo pipefail
    STEP=$1
    shift
    set +m
    trap - INT TERM
    echo "$EPOCHREALTIME" >"$STEP_DIR/$STEP.started"
    SCRATCH=$(mktemp -d)
    trap 'rm -rf "$SCRATCH"; echo "$EPOCHREALTIME" >"$STEP_DIR/$STEP.ended"' EXIT
    "$@"
    touch "$STEP_DIR/$STEP.done"
}

after() {
    wait_for_steps "$@"
    echo "$EPOCHREALTIME" >"$STEP_DIR/$STEP.started"
}

wait_for_steps() {
    local other
    for other in "$@"; do
        until [[ -e $STEP_DIR/$other.done ]]; do
            if [[ -e $STEP_DIR/$other.ended && ! -e $STEP_DIR/$other.done ]]; then
                die "not done, since $other failed"
            fi
            sleep 0.1
        done
    done
}

changed() {
    echo "$*" >>"$STEP_DIR/$STEP.changes"
    echo "changed: $*"
}

await() {
    local name
    for name in "$@"; do
        if wait "${STEP_PIDS[$name]}"; then
            unset "STEP_PIDS[$name]"
            printf '%8s s  %-16s %s\n' "$(step_seconds "$name")" "$name" "$(step_changes "$name")"
        else
            fail_step "$name"
        fi
    done
}

step() {
    begin "$@"
    await "$1"
}

fail_step() {
    local name
    name=$(culprit "$1")
    steps_stop
    {
        echo
        echo "FAILED: $name. The end of $STEP_DIR/$name.log:"
        tail -n 40 "$STEP_DIR/$name.log" | sed 's/^/    /'
    } >&2
    exit 1
}

culprit() {  # culprit NAME: the step to show for NAME's failure, which may only have waited for another
    local name
    for name in "${STEP_ORDER[@]}"; do
        if [[ -e $STEP_DIR/$name.ended && ! -e $STEP_DIR/$name.done ]] &&
            ! grep -q '^not done, since ' "$STEP_DIR/$name.log"; then
            echo "$name"
            return
        fi
    done
    echo "$1"
}

steps_stop() {
    local pid
    for pid in "${STEP_PIDS[@]}"; do
        kill -TERM -- "-$pid" 2>/dev/null || true
    done
}

step_seconds() {
    awk 'FNR == 1 { times[++n] = $1 } END { printf "%.1f", times[2] - times[1] }' \
        "$STEP_DIR/$1.started" "$STEP_DIR/$1.ended"
}

step_changes() {  # one line; the rest of a long list is in the step's log
    if [[ -s $STEP_DIR/$1.changes ]]; then
        awk 'NR <= 4 { line = line (NR > 1 ? ", " : "") $0 }
            END { print line (NR > 4 ? " and " NR - 4 " more" : "") }' "$STEP_DIR/$1.changes"
    else
        echo "unchanged"
    fi
}

steps_table() {  # every step with its time, and the whole
    local name
    printf '\n%-18s %8s  %s\n' "step" "seconds" "what it changed"
    for name in "${STEP_ORDER[@]}"; do
        printf '%-18s %8s  %s\n' "$name" "$(step_seconds "$name")" "$(step_changes "$name")"
    done
    awk -v start="$STEPS_STARTED" -v end="$EPOCHREALTIME" 'BEGIN { printf "%-18s %8.1f\n", "all", end - start }'
}

steps_changed_something() {
    compgen -G "$STEP_DIR/*.changes" >/dev/null
}

die() {
    echo "$*" >&2
    exit 1
}
