"""``python -m tests.perf.startup``: see `tests.perf.scenarios.startup`."""

from tests.perf.run import main

if __name__ == "__main__":
    main("startup")
