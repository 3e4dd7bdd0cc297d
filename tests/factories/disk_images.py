"""Images that are not what they seem, byte by byte, and some that are."""

import struct

MIB = 1024**2


def qcow2(
    *, virtual_size: int = 4 * MIB, backing: bytes = b"", incompatible: int = 0, version: int = 3, tail: bytes = b""
) -> bytes:
    """Return a qcow2 image without a single allocated cluster, or the header of a crooked one."""
    cluster_bits = 16
    cluster = 1 << cluster_bits
    entries = max(1, -(-virtual_size // (cluster * cluster // 8)))
    header = struct.pack(
        ">4sIQIIQIIQQIIQQQQII",
        b"QFI\xfb",
        version,
        0x200 if backing else 0,
        len(backing),
        cluster_bits,
        virtual_size,
        0,
        entries,
        3 * cluster,  # L1 table
        cluster,  # refcount table
        1,
        0,
        0,
        incompatible,
        0,
        0,
        4,
        104,
    )
    data = bytearray(4 * cluster)
    data[: len(header)] = header
    if backing:
        data[0x200 : 0x200 + len(backing)] = backing
    struct.pack_into(">Q", data, cluster, 2 * cluster)
    for used in range(4):
        struct.pack_into(">H", data, 2 * cluster + 2 * used, 1)
    return bytes(data) + tail


def mbr_disk(size: int = 4 * MIB) -> bytes:
    """Return a raw disk with one partition."""
    data = bytearray(size)
    data[446:462] = struct.pack("<B3BB3BII", 0x80, 0, 2, 0, 0x83, 0, 2, 0, 2048, 2048)
    data[510:512] = b"\x55\xaa"
    return bytes(data)


def vmdk_descriptor(extent: str) -> bytes:
    """Return a VMDK that is a text naming another file as its data."""
    text = '# Disk DescriptorFile\nversion=1\nCID=fffffffe\nparentCID=ffffffff\ncreateType="monolithicFlat"\n\n'
    return (text + f'RW 8192 FLAT "{extent}" 0\n').encode().ljust(64 * 1024, b"\0")


def sparse_vmdk() -> bytes:
    """Return a VMDK with a binary header."""
    return (b"KDMV" + struct.pack("<IIQQQQ", 1, 3, 8192, 128, 1, 20)).ljust(64 * 1024, b"\0")
