"""[quota]: what a project may use when nobody said otherwise. -1 is without limit."""

from oslo_config import cfg

GROUP = cfg.OptGroup("quota", title="Default quotas of a project")


def _limit(name: str, default: int, what: str) -> cfg.Opt:
    return cfg.IntOpt(
        name,
        default=default,
        min=-1,
        mutable=True,
        deprecated_opts=[cfg.DeprecatedOpt(f"quota_{name}", group="DEFAULT")],
        help=f"{what} -1: without limit.",
    )


OPTIONS: list[cfg.Opt] = [
    _limit("instances", 10, "Servers of a project."),
    _limit("cores", 20, "Virtual processors of a project."),
    _limit("ram", 50 * 1024, "MiB of memory of a project."),
    _limit("metadata_items", 128, "Metadata items of a server."),
    _limit("injected_files", 5, "Files injected into a server at boot."),
    _limit("injected_file_content_bytes", 10 * 1024, "Bytes of one such file."),
    _limit("injected_file_path_length", 255, "Bytes of its path."),
    _limit("key_pairs", 100, "Key pairs of a user."),
    _limit("server_groups", 10, "Server groups of a project."),
    _limit("server_group_members", 10, "Servers of one group."),
]
