#!/bin/bash
# Builds a small bootable disk image: Debian's cloud kernel and a busybox initramfs on a FAT partition, booted by
# syslinux from the MBR. Needs no root, loop device or mount; takes the kernel and busybox from the package archive.
#
# usage: build.sh OUTDIR     makes OUTDIR/guest.qcow2, vmlinuz, initrd.img
# needs: syslinux syslinux-common mtools dosfstools cpio kmod fdisk qemu-utils, and `apt-get update` done
set -euo pipefail
shopt -s nullglob

readonly PARTITION_START_MIB=1
readonly DISK_MIB=48
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=$(realpath -m "${1:?usage: build.sh OUTDIR}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# fetch PACKAGE...: unpack Debian packages, without installing them, into $work/packages
fetch() {
    mkdir -p "$work/archives" "$work/packages"
    (cd "$work/archives" && apt-get -qq -o APT::Sandbox::User=root download "$@" >/dev/null)
    local archive
    for archive in "$work"/archives/*.deb; do
        dpkg -x "$archive" "$work/packages"
    done
}

kernel_package() {
    apt-cache depends linux-image-cloud-amd64 | sed -n 's/^ *Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1
}

# copy_modules VERSION ROOT: the modules of modules.txt and all that they need
copy_modules() {
    local version=$1 root=$2 source="$work/packages/lib/modules/$1" target="$2/lib/modules/$1" module path relative
    mkdir -p "$target"
    depmod -b "$work/packages" "$version"
    while read -r module; do
        modprobe -d "$work/packages" -S "$version" --show-depends "$module"
    done < <(grep -v '^#' "$here/modules.txt") | sed -n 's/^insmod \([^ ]*\).*/\1/p' | sort -u | while read -r path; do
        relative=${path#"$source"/}
        install -D -m 0644 "$path" "$target/$relative"
    done
    cp "$source"/modules.{order,builtin,builtin.modinfo} "$target/"
    depmod -b "$root" "$version"
}

make_initramfs() {
    local root="$work/root" version=$1
    cp -a "$here/root" "$root"
    mkdir -p "$root"/{dev,proc,sys,run,tmp,mnt,root}
    ln -s bin "$root/sbin"
    install -m 0755 "$work/packages/bin/busybox" "$root/bin/busybox"
    ln -s busybox "$root/bin/sh"
    copy_modules "$version" "$root"
    (cd "$root" && find . | LC_ALL=C sort | cpio --quiet -o -H newc -R 0:0 | gzip -6n) > "$work/initrd.img"
}

# make_disk: MBR with one active FAT16 partition, written without mounting it
make_disk() {
    local disk="$work/guest.raw" partition="$work/guest.raw@@${PARTITION_START_MIB}M" kernel=$1
    export MTOOLS_SKIP_CHECK=1
    truncate -s "${DISK_MIB}M" "$disk"
    printf '%s,,6,*\n' $((PARTITION_START_MIB * 2048)) | sfdisk -q "$disk"
    mkfs.vfat -F 16 -n GUEST --offset $((PARTITION_START_MIB * 2048)) "$disk" \
        $(((DISK_MIB - PARTITION_START_MIB) * 1024)) >/dev/null
    mcopy -i "$partition" "$kernel" ::vmlinuz
    mcopy -i "$partition" "$work/initrd.img" ::initrd.img
    mcopy -i "$partition" "$here/syslinux.cfg" ::syslinux.cfg
    syslinux --offset $((PARTITION_START_MIB * 1024 * 1024)) --install "$disk"
    dd if=/usr/lib/syslinux/mbr/mbr.bin of="$disk" bs=440 count=1 conv=notrunc status=none
    qemu-img convert -O qcow2 -c "$disk" "$work/guest.qcow2"
}

main() {
    local package version kernel
    package=$(kernel_package)
    [[ -n $package ]] || { echo "build.sh: no linux-image-cloud-amd64 in the package lists" >&2; exit 1; }
    fetch "$package" busybox-static
    version=$(basename "$work"/packages/lib/modules/*)
    kernel="$work/packages/boot/vmlinuz-$version"
    make_initramfs "$version"
    make_disk "$kernel"
    mkdir -p "$out"
    install -m 0644 "$kernel" "$out/vmlinuz"
    install -m 0644 "$work/initrd.img" "$out/initrd.img"
    install -m 0644 "$work/guest.qcow2" "$out/guest.qcow2"
}

main
