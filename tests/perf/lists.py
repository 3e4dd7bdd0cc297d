"""``python -m tests.perf.lists``: see `tests.perf.scenarios.lists`."""

from tests.perf.run import main

if __name__ == "__main__":
    main("lists")
