"""``python -m tests.perf.shows``: see `tests.perf.scenarios.shows`."""

from tests.perf.run import main

if __name__ == "__main__":
    main("shows")
