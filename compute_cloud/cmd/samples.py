"""What the generator of the sample configuration needs to know of the libraries' options."""


def set_defaults() -> None:
    """Give the libraries' options the defaults that the daemons give them (oslo.config.opts.defaults)."""
    from compute_cloud.cmd import logs
    from compute_cloud.rpc import broker

    logs.set_defaults()
    broker.set_defaults()
