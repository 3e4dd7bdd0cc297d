"""``python -m tests.perf.everything``: all scenarios in one cloud."""

from tests.perf.run import main
from tests.perf.scenarios import SCENARIOS

if __name__ == "__main__":
    main(*SCENARIOS)
