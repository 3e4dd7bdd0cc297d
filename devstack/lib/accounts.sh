# shellcheck shell=bash
# System accounts of the daemons. The conductor's and Keystone's are apart, since each alone may read its database URL.

accounts_make() {  # accounts_make keystone|standalone
    account_make "$ACCOUNT"
    account_make "$CONDUCTOR_ACCOUNT"
    [[ $1 != keystone ]] || account_make "$KEYSTONE_ACCOUNT"
    if ! id -nG "$CONDUCTOR_ACCOUNT" | tr ' ' '\n' | grep -xF "$ACCOUNT"; then
        usermod --append --groups "$ACCOUNT" "$CONDUCTOR_ACCOUNT"
    fi
}

account_make() {
    if ! getent passwd "$1" >/dev/null; then
        useradd --system --user-group --no-create-home --home-dir "$STATE" --shell /usr/sbin/nologin "$1"
        remember accounts "$1"
        changed "account $1"
    fi
}

accounts_remove() {
    local account
    for account in $(remembered accounts); do
        userdel "$account" 2>/dev/null || true
        ! getent group "$account" >/dev/null || groupdel "$account"
    done
    rm -f "$NOTES/accounts"
}
