"""[vnc]: guests' graphical consoles."""

from oslo_config import cfg

GROUP = cfg.OptGroup("vnc", title="Graphical consoles")


def _old(name: str) -> list[cfg.DeprecatedOpt]:
    return [cfg.DeprecatedOpt(name, group="DEFAULT"), cfg.DeprecatedOpt(name, group="vnc")]


OPTIONS: list[cfg.Opt] = [
    cfg.BoolOpt(
        "enabled",
        default=True,
        deprecated_opts=[cfg.DeprecatedOpt("vnc_enabled", group="DEFAULT")],
        help="Whether guests have a VNC console.",
    ),
    cfg.StrOpt(
        "server_listen",
        default="127.0.0.1",
        deprecated_opts=_old("vncserver_listen"),
        help="The address on which a guest's VNC server listens.",
    ),
    cfg.StrOpt(
        "server_proxyclient_address",
        default="127.0.0.1",
        deprecated_opts=_old("vncserver_proxyclient_address"),
        help="The address by which the console proxy reaches this host's VNC servers.",
    ),
    cfg.URIOpt(
        "novncproxy_base_url",
        default="http://127.0.0.1:6080/vnc_lite.html",
        deprecated_opts=[cfg.DeprecatedOpt("novncproxy_base_url", group="DEFAULT")],
        help="What the addresses of consoles begin with, as users' browsers see the console proxy.",
    ),
]
