# shellcheck shell=bash
# Packages of the distribution. Their own start scripts are held back while they are installed: what they would start
# listens on every interface until it is configured.

readonly POLICY=/usr/sbin/policy-rc.d

readonly PYTHON_PACKAGES=(python3-venv ca-certificates curl)
readonly BUILD_PACKAGES=(gcc libc6-dev pkg-config python3-dev libvirt-dev)
readonly GUEST_IMAGE_PACKAGES=(qemu-utils syslinux syslinux-common mtools dosfstools cpio kmod fdisk)
readonly LIBVIRT_PACKAGES=(
    qemu-system-x86 libvirt-daemon libvirt-daemon-system libvirt-daemon-driver-qemu libvirt-clients iproute2
)

is_installed() {
    [[ $(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

install_packages() {
    local package missing=() before new
    for package in "$@"; do
        is_installed "$package" || missing+=("$package")
    done
    ((${#missing[@]})) || return 0
    [[ $EUID -eq 0 ]] || die "these packages are missing, and only root can install them: ${missing[*]}"
    before=$(installed_names)
    refresh_package_lists
    hold_service_starts apt_get install "${missing[@]}"
    new=$(comm -13 <(echo "$before") <(installed_names))
    for package in $new; do
        remember packages "$package"
    done
    changed "$(wc -w <<<"$new") packages installed"
}

installed_names() {
    dpkg-query -W -f='${db:Status-Status} ${Package}\n' | sed -n 's/^installed //p' | LC_ALL=C sort -u
}

refresh_package_lists() {
    if [[ -z $(find /var/lib/apt/lists -maxdepth 1 -name '*Packages*' -newermt '-6 hours' -print -quit 2>/dev/null) ]]; then
        apt_get update
    fi
}

apt_get() {
    DEBIAN_FRONTEND=noninteractive apt-get -y -q --no-install-recommends -o DPkg::Lock::Timeout=300 \
        -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold -o Dpkg::Options::=--force-unsafe-io "$@"
}

hold_service_starts() {  # hold_service_starts COMMAND...
    local ours=
    if [[ ! -e $POLICY ]]; then
        ours=yes
        printf '#!/bin/sh\nexit 101\n' >"$POLICY"
        chmod 0755 "$POLICY"
    fi
    local status=0
    "$@" || status=$?
    [[ -z $ours ]] || rm -f "$POLICY"
    return "$status"
}

# Everything that the stack needs and that does not answer yet.
packages_of_the_stack() {
    local wanted=("${BUILD_PACKAGES[@]}" "${GUEST_IMAGE_PACKAGES[@]}" mariadb-client libvirt-clients)
    port_answers "$RABBITMQ_PORT" || wanted+=(rabbitmq-server)
    port_answers "$MARIADB_PORT" || wanted+=(mariadb-server)
    libvirt_answers || wanted+=("${LIBVIRT_PACKAGES[@]}")
    install_packages "${wanted[@]}"
}

remove_packages() {  # all that install_packages brought
    local packages
    mapfile -t packages < <(remembered packages)
    ((${#packages[@]})) || return 0
    apt_get purge "${packages[@]}"
}
