"""``python -m tests.perf.idle``: see `tests.perf.scenarios.idle`."""

from tests.perf.run import main

if __name__ == "__main__":
    main("idle")
