"""``python -m tests.perf.boots``: see `tests.perf.scenarios.boots`."""

from tests.perf.run import main

if __name__ == "__main__":
    main("boots")
