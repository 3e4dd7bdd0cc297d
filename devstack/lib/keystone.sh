# shellcheck shell=bash
# A real Keystone from PyPI in its own virtualenv, on MariaDB, served by uwsgi.

readonly KEYSTONE_DAEMON=compute-cloud-keystone
readonly KEYSTONE_CONF=$KEYSTONE_ETC/keystone.conf
readonly KEYSTONE_UWSGI=$KEYSTONE_ETC/uwsgi.ini
readonly KEYSTONE_KEYS=$STATE/keystone
readonly KEYSTONE_URL=http://127.0.0.1:$KEYSTONE_PORT/v3

keystone_venv() {
    # pyuwsgi is uwsgi as a wheel: nothing to compile
    venv_make "$KEYSTONE_VENV" "keystone pyuwsgi PyMySQL" keystone pyuwsgi PyMySQL
}

keystone_config() {
    make_directory "$KEYSTONE_ETC" 0750 "root:$KEYSTONE_ACCOUNT"
    write_file "$KEYSTONE_CONF" 0640 "root:$KEYSTONE_ACCOUNT" <<TEXT
[DEFAULT]
use_stderr = true

[database]
connection = $(database_url keystone)

[token]
provider = fernet
expiration = 14400

[fernet_tokens]
key_repository = $KEYSTONE_KEYS/fernet-keys

[fernet_receipts]
key_repository = $KEYSTONE_KEYS/fernet-keys

[credential]
key_repository = $KEYSTONE_KEYS/credential-keys

[oslo_policy]
enforce_scope = true
enforce_new_defaults = true
TEXT
    # keep-alive of uwsgi's own HTTP server and the clients' connection pools do not agree on who closes
    write_file "$KEYSTONE_UWSGI" 0640 "root:$KEYSTONE_ACCOUNT" <<TEXT
[uwsgi]
http-socket = 127.0.0.1:$KEYSTONE_PORT
module = keystone.wsgi.api:application
virtualenv = $KEYSTONE_VENV
add-header = Connection: close
processes = 2
enable-threads = true
master = true
die-on-term = true
need-app = true
buffer-size = 65535
disable-logging = true
TEXT
}

keystone_manage() {
    PYTHONWARNINGS=ignore setpriv --reuid "$KEYSTONE_ACCOUNT" --regid "$KEYSTONE_ACCOUNT" --init-groups \
        "$KEYSTONE_VENV/bin/keystone-manage" --config-file "$KEYSTONE_CONF" "$@"
}

keystone_up() {
    after mariadb accounts keystone-venv
    database_make keystone
    keystone_config
    keystone_database
    keystone_serve
    keystone_contents
}

keystone_database() {
    local made_with
    made_with=$(<"$KEYSTONE_VENV/.made-with")
    if remembered keystone-schema "$made_with" && database_has keystone project; then
        return
    fi
    install -d -m 0700 -o "$KEYSTONE_ACCOUNT" -g "$KEYSTONE_ACCOUNT" \
        "$KEYSTONE_KEYS" "$KEYSTONE_KEYS"/{fernet,credential}-keys
    keystone_manage db_sync
    keystone_manage fernet_setup --keystone-user "$KEYSTONE_ACCOUNT" --keystone-group "$KEYSTONE_ACCOUNT"
    keystone_manage credential_setup --keystone-user "$KEYSTONE_ACCOUNT" --keystone-group "$KEYSTONE_ACCOUNT"
    OS_BOOTSTRAP_PASSWORD=$(secret admin) keystone_manage bootstrap \
        --bootstrap-admin-url "$KEYSTONE_URL" --bootstrap-internal-url "$KEYSTONE_URL" \
        --bootstrap-public-url "$KEYSTONE_URL" --bootstrap-region-id "$REGION"
    rm -f "$NOTES/keystone-schema"
    remember keystone-schema "$made_with"
    changed "schema and keys"
}

keystone_serve() {
    local state
    state=$(cat "$KEYSTONE_CONF" "$KEYSTONE_UWSGI" "$KEYSTONE_VENV/.made-with" | sha256sum)
    daemon_ensure "$KEYSTONE_DAEMON" "$KEYSTONE_ACCOUNT" "$state" \
        PYTHONWARNINGS=ignore "OS_KEYSTONE_CONFIG_FILES=$KEYSTONE_CONF" "$KEYSTONE_VENV/bin/uwsgi" --ini "$KEYSTONE_UWSGI"
    wait_for_daemon 60 "$KEYSTONE_DAEMON" curl -sf -o /dev/null "$KEYSTONE_URL"
}

keystone_contents() {
    # passwords by the environment: a command line is for everyone to read
    ADMIN_PASSWORD=$(secret admin) DEMO_PASSWORD=$(secret demo) SERVICE_PASSWORD=$(secret service) \
        "$KEYSTONE_VENV/bin/python" "$DEVSTACK/keystone/contents.py" --auth-url "$KEYSTONE_URL" --region "$REGION" \
        --endpoint "compute=http://127.0.0.1:$COMPUTE_PORT/v2.1" --endpoint "image=http://127.0.0.1:$IMAGE_PORT" |
        while read -r made; do
            changed "$made"
        done
}

keystone_down() {
    daemon_stop "$KEYSTONE_DAEMON"
    daemon_forget "$KEYSTONE_DAEMON"
}
