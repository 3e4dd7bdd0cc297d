# shellcheck shell=bash
# Files: written only when their content differs, so that a second run can say that it changed nothing.

write_file() {  # write_file PATH MODE OWNER:GROUP <content
    local path=$1 mode=$2 owner=$3 new
    new=$(mktemp "$path.XXXXXX")
    cat >"$new"
    chown "$owner" "$new"
    chmod "$mode" "$new"
    if cmp -s "$new" "$path"; then
        rm -f "$new"
        [[ $(stat -c '%a %U:%G' "$path") == "${mode#0} $owner" ]] || { chown "$owner" "$path"; chmod "$mode" "$path"; }
    else
        mv "$new" "$path"
        changed "$path"
    fi
}

make_directory() {  # make_directory PATH MODE OWNER:GROUP
    install -d -m "$2" -o "${3%:*}" -g "${3#*:}" "$1"
}

readonly BLOCK_BEGIN='# compute-cloud begin'
readonly BLOCK_END='# compute-cloud end'

put_block() {  # put_block FILE <lines: the lines, marked, at the end of another's file
    local file=$1 lines
    lines=$(cat)
    [[ -e $file ]] && drop_block "$file"
    printf '%s\n' "$BLOCK_BEGIN" "$lines" "$BLOCK_END" >>"$file"
}

drop_block() {  # drop_block FILE: take them out again
    [[ ! -e $1 ]] || sed -i "/^$BLOCK_BEGIN\$/,/^$BLOCK_END\$/d" "$1"
}

remember() {  # remember NOTE WORD: add a word to a list of the scripts' own, once
    mkdir -p "$NOTES"
    grep -qxF -- "$2" "$NOTES/$1" 2>/dev/null || echo "$2" >>"$NOTES/$1"
}

remembered() {  # remembered NOTE [WORD]: print the list, or ask for one word
    if [[ $# -gt 1 ]]; then
        grep -qxF -- "$2" "$NOTES/$1" 2>/dev/null
    elif [[ -e $NOTES/$1 ]]; then
        cat "$NOTES/$1"
    fi
}

secret() {  # secret NAME: a generated password, the same each time
    local file=$NOTES/secrets/$1
    if [[ ! -s $file ]]; then
        install -d -m 0700 "$NOTES" "$NOTES/secrets"
        (umask 077 && od -An -N 20 -tx1 /dev/urandom | tr -d ' \n' >"$file")
    fi
    cat "$file"
}

tree_hash() {  # tree_hash PATH...: one hash of all files' names and contents
    find "$@" -type f -not -path '*/__pycache__/*' -not -name '*.pyc' -print0 | LC_ALL=C sort -z |
        xargs -0 sha256sum | sha256sum | cut -c 1-32
}
