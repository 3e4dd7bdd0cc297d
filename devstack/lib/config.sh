# shellcheck shell=bash
# /etc/compute-cloud. Every daemon reads compute-cloud.conf; the database URL stands in conductor.conf alone, which the
# conductor and compute-cloud-manage read beside it.

readonly COMMON_CONF=$ETC/compute-cloud.conf
readonly CONDUCTOR_CONF=$ETC/conductor.conf
readonly CLOUDS=$ETC/clouds.yaml
readonly OPENRC=$ETC/openrc

config_write() {  # config_write keystone|standalone
    local mode=$1
    make_directory "$ETC" 0750 "root:$ACCOUNT"
    make_directory "$LOGS" 0775 "root:$ACCOUNT"
    make_directory "$INSTANCES" 0755 root:root
    make_directory "$STATE/images" 0750 "$ACCOUNT:$ACCOUNT"
    { common_text && "auth_text_$mode"; } | write_file "$COMMON_CONF" 0640 "root:$ACCOUNT"
    conductor_text | write_file "$CONDUCTOR_CONF" 0640 "root:$CONDUCTOR_ACCOUNT"
    write_file "$ETC/api-paste.ini" 0644 root:root <"$CHECKOUT/compute_cloud/api/api-paste.ini"
    if [[ $mode == standalone ]]; then
        standalone_users
    fi
    "clouds_text_$mode" | write_file "$CLOUDS" 0640 "root:$ACCOUNT"
    "openrc_text_$mode" | write_file "$OPENRC" 0640 "root:$ACCOUNT"
}

common_text() {
    cat <<TEXT
[DEFAULT]
transport_url = $(broker_url)
my_ip = 127.0.0.1
state_path = $STATE
instances_path = $INSTANCES
log_dir = $LOGS
compute_driver = libvirt
resume_guests_state_on_host_boot = true
enabled_apis = osapi_compute,image
osapi_compute_listen = 127.0.0.1
osapi_compute_listen_port = $COMPUTE_PORT
osapi_compute_workers = 2
image_listen = 127.0.0.1
image_listen_port = $IMAGE_PORT

[wsgi]
api_paste_config = $ETC/api-paste.ini

[conductor]
workers = 2

[libvirt]
virt_type = kvm

[vnc]
server_listen = 127.0.0.1
server_proxyclient_address = 127.0.0.1

[image]
filesystem_store_datadir = $STATE/images

[glance]
endpoint_override = http://127.0.0.1:$IMAGE_PORT
region_name = $REGION

TEXT
}

auth_text_keystone() {
    local user
    user=$(
        cat <<TEXT
auth_type = password
auth_url = $KEYSTONE_URL
username = compute-cloud
password = $(secret service)
project_name = service
user_domain_id = default
project_domain_id = default
TEXT
    )
    cat <<TEXT
[api]
auth_strategy = keystone

[keystone_authtoken]
www_authenticate_uri = $KEYSTONE_URL
$user
service_token_roles = service
service_token_roles_required = true

[service_user]
send_service_user_token = true
$user
TEXT
}

auth_text_standalone() {
    cat <<TEXT
[api]
auth_strategy = http_basic
http_basic_auth_user_file = $ETC/htpasswd
basic_auth_mapping_file = $ETC/users.yaml

[service_user]
auth_type = http_basic
endpoint = http://127.0.0.1:$IMAGE_PORT
username = compute-cloud
password = $(secret service)
TEXT
}

conductor_text() {
    cat <<TEXT
[database]
connection = $(database_url compute_cloud)
TEXT
}

standalone_users() {
    ADMIN_PASSWORD=$(secret admin) DEMO_PASSWORD=$(secret demo) SERVICE_PASSWORD=$(secret service) \
        "$VENV/bin/python" "$DEVSTACK/standalone/users.py" --namespace "$(secret ids)" \
        --htpasswd "$ETC/htpasswd" --mapping "$ETC/users.yaml" |
        while read -r made; do
            changed "$made"
        done
    chown "root:$ACCOUNT" "$ETC/htpasswd" "$ETC/users.yaml"
}

clouds_text_keystone() {
    echo "clouds:"
    local cloud user
    for user in admin demo; do
        cloud=devstack
        [[ $user != admin ]] || cloud=devstack-admin
        cat <<TEXT
  $cloud:
    auth:
      auth_url: $KEYSTONE_URL
      username: $user
      password: $(secret $user)
      project_name: $user
      user_domain_id: default
      project_domain_id: default
    region_name: $REGION
    interface: public
    identity_api_version: 3
TEXT
    done
}

clouds_text_standalone() {
    echo "clouds:"
    local cloud user
    for user in admin demo; do
        cloud=devstack
        [[ $user != admin ]] || cloud=devstack-admin
        cat <<TEXT
  $cloud:
    auth_type: http_basic
    auth:
      endpoint: http://127.0.0.1:$COMPUTE_PORT/v2.1
      username: $user
      password: $(secret $user)
    compute_endpoint_override: http://127.0.0.1:$COMPUTE_PORT/v2.1
    image_endpoint_override: http://127.0.0.1:$IMAGE_PORT
    # openstackclient lists servers only where it finds an identity service of version 3, without asking it anything
    identity_api_version: 3
    identity_endpoint_override: http://127.0.0.1:$COMPUTE_PORT/v2.1
TEXT
    done
}

openrc_text_keystone() {
    cat <<TEXT
# Source this file to speak to the cloud as its administrator.
export OS_AUTH_TYPE=password
export OS_AUTH_URL=$KEYSTONE_URL
export OS_USERNAME=admin
export OS_PASSWORD=$(secret admin)
export OS_PROJECT_NAME=admin
export OS_USER_DOMAIN_ID=default
export OS_PROJECT_DOMAIN_ID=default
export OS_REGION_NAME=$REGION
export OS_INTERFACE=public
export OS_IDENTITY_API_VERSION=3
TEXT
}

openrc_text_standalone() {
    cat <<TEXT
# Source this file to speak to the cloud as its administrator.
export OS_AUTH_TYPE=http_basic
export OS_ENDPOINT=http://127.0.0.1:$COMPUTE_PORT/v2.1
export OS_USERNAME=admin
export OS_PASSWORD=$(secret admin)
export OS_COMPUTE_ENDPOINT_OVERRIDE=http://127.0.0.1:$COMPUTE_PORT/v2.1
export OS_IMAGE_ENDPOINT_OVERRIDE=http://127.0.0.1:$IMAGE_PORT
export OS_IDENTITY_API_VERSION=3
export OS_IDENTITY_ENDPOINT_OVERRIDE=http://127.0.0.1:$COMPUTE_PORT/v2.1
TEXT
}
