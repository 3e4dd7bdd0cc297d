# shellcheck shell=bash
# Databases and the broker's user, each with a generated password that never stands on a command line.

database_make() {  # database_make NAME: with a user of the same name
    local name=$1 password
    password=$(secret "database-$name")
    if database_login "$name" "$password"; then
        return
    fi
    mariadb <<SQL
CREATE DATABASE IF NOT EXISTS \`$name\` CHARACTER SET utf8mb4;
CREATE OR REPLACE USER '$name'@'localhost' IDENTIFIED BY '$password';
CREATE OR REPLACE USER '$name'@'127.0.0.1' IDENTIFIED BY '$password';
GRANT ALL ON \`$name\`.* TO '$name'@'localhost', '$name'@'127.0.0.1';
SQL
    database_login "$name" "$password" || die "MariaDB does not let $name in"
    remember databases "$name"
    changed "database $name"
}

database_login() {
    MYSQL_PWD=$2 mariadb --no-defaults --protocol=tcp --host=127.0.0.1 --user="$1" "$1" -e 'SELECT 1' >/dev/null 2>&1
}

database_url() {  # database_url NAME
    echo "mysql+pymysql://$1:$(secret "database-$1")@127.0.0.1:$MARIADB_PORT/$1"
}

database_has() {  # database_has NAME TABLE
    [[ $(mariadb -BN -e "SELECT COUNT(*) FROM information_schema.tables
        WHERE table_schema = '$1' AND table_name = '$2'") == 1 ]]
}

databases_remove() {
    local name
    for name in $(remembered databases); do
        mariadb -e "DROP DATABASE IF EXISTS \`$name\`;
            DROP USER IF EXISTS '$name'@'localhost', '$name'@'127.0.0.1'"
    done
    rm -f "$NOTES/databases"
}

readonly BROKER_NAME=compute_cloud  # of both the user and the virtual host

broker_make() {
    local password
    password=$(secret broker)
    if rabbitmqctl -q authenticate_user "$BROKER_NAME" <<<"$password" >/dev/null 2>&1; then
        return
    fi
    rabbitmqctl -q list_vhosts --no-table-headers | grep -x "$BROKER_NAME" || rabbitmqctl -q add_vhost "$BROKER_NAME"
    if ! rabbitmqctl -q add_user "$BROKER_NAME" <<<"$password"; then
        rabbitmqctl -q change_password "$BROKER_NAME" <<<"$password"
    fi
    rabbitmqctl -q set_permissions -p "$BROKER_NAME" "$BROKER_NAME" '.*' '.*' '.*'
    remember broker "$BROKER_NAME"
    changed "broker user $BROKER_NAME"
}

broker_url() {
    echo "rabbit://$BROKER_NAME:$(secret broker)@127.0.0.1:$RABBITMQ_PORT/$BROKER_NAME"
}

broker_remove() {
    local name
    for name in $(remembered broker); do
        rabbitmqctl -q delete_vhost "$name" || true
        rabbitmqctl -q delete_user "$name" || true
    done
    rm -f "$NOTES/broker"
}
