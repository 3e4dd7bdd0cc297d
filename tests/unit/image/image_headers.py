"""Headers of images, as short as they may be."""

import struct


def qcow2(
    *, virtual_size: int = 1 << 20, backing_file: bytes = b"", data_file: bool = False, size: int = 4096
) -> bytes:
    """Return a file that begins as a qcow2 image of version 3 does."""
    features = 4 if data_file else 0
    at = 512 if backing_file else 0
    header = struct.pack(
        ">4sIQIIQIIQQIIQQQQII",
        b"QFI\xfb", 3, at, len(backing_file), 16, virtual_size, 0, 0, 0, 0, 0, 0, 0, features, 0, 0, 4, 104,
    )  # fmt: skip
    return (header.ljust(512, b"\0") + backing_file).ljust(size, b"\0")


def partitioned(size: int = 4096) -> bytes:
    """Return a raw disk with a partition table."""
    entry = struct.pack("<B3BB3BII", 0x80, 1, 1, 0, 0x83, 1, 1, 0, 1, 7)
    return (b"\0" * 446 + entry + b"\0" * 48 + b"\x55\xaa").ljust(size, b"\0")
