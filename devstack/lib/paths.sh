# shellcheck shell=bash
# Where everything of the stack lives: directories, accounts, addresses. Sourced first.
# shellcheck disable=SC2034  # the files that are sourced after this one use them
CHECKOUT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
readonly CHECKOUT DEVSTACK=$CHECKOUT/devstack

readonly ETC=/etc/compute-cloud
readonly KEYSTONE_ETC=/etc/compute-cloud-keystone
readonly STATE=/var/lib/compute-cloud
readonly LOGS=/var/log/compute-cloud
readonly RUN=/run/compute-cloud
readonly OPT=/opt/compute-cloud
readonly NOTES=${NOTES:-$STATE/devstack}  # what the scripts themselves remember
readonly VENV=$OPT/venv                 # the product's
readonly KEYSTONE_VENV=$OPT/keystone
readonly GUEST_IMAGE=$STATE/guest-image
readonly INSTANCES=$STATE/instances
readonly UNITS=/etc/systemd/system

# Three accounts, so that each file of secrets is read by those who need it alone; the compute daemon runs as root.
readonly ACCOUNT=compute-cloud
readonly CONDUCTOR_ACCOUNT=compute-cloud-conductor
readonly KEYSTONE_ACCOUNT=compute-cloud-keystone

readonly DAEMONS=(conductor scheduler compute api)  # in the order they start

readonly RABBITMQ_PORT=5672
readonly MARIADB_PORT=3306
readonly KEYSTONE_PORT=5000
readonly COMPUTE_PORT=8774
readonly IMAGE_PORT=9292
readonly LIBVIRT_SOCKET=/run/libvirt/libvirt-sock
readonly REGION=RegionOne
