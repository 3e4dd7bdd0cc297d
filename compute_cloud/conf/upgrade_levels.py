"""[upgrade_levels]: the newest contract that may be spoken to each daemon while a cloud is upgraded."""

from oslo_config import cfg

GROUP = cfg.OptGroup("upgrade_levels", title="Contracts to keep to during an upgrade")


def _level(daemon: str) -> cfg.Opt:
    return cfg.StrOpt(
        daemon,
        mutable=True,
        help=f"The newest version of the {daemon} contract that is sent, such as 1.0; unset: the newest known. "
        "Nova's words (auto, names of releases) are accepted and mean unset.",
    )


OPTIONS: list[cfg.Opt] = [_level(daemon) for daemon in ("compute", "conductor", "scheduler")]
