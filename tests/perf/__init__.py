"""Benchmarks of the real daemons with the fake driver: ``python -m tests.perf.SCENARIO [--json]``, one command each.

boots, deletes, lists, shows, idle, startup; everything runs all of them; selection needs no daemons. Each starts a
cloud of its own (RabbitMQ and MariaDB too, unless --shared) and leaves nothing behind.
"""
