"""``python -m tests.perf.deletes``: see `tests.perf.scenarios.deletes`."""

from tests.perf.run import main

if __name__ == "__main__":
    main("deletes")
