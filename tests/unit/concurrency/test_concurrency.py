"""The same behaviour on both backends; each backend is tried in a process of its own, as it changes the process."""

import subprocess
import sys
import textwrap
import threading

import pytest

from compute_cloud import concurrency

PROGRAM = """
import sys
from compute_cloud import concurrency as c
c.start_backend(sys.argv[1])
assert c.backend() == sys.argv[1]
c.start_backend(sys.argv[1])
import threading, time

# a pool keeps to its size and does all that it took
pool, running, most, done = c.Pool(3), [], [], []
def work(n):
    running.append(n); most.append(len(running)); c.sleep(0.01); running.remove(n); done.append(n)
for n in range(20):
    pool.submit(work, n)
assert pool.stop(20)
assert sorted(done) == list(range(20)) and max(most) == 3, (done, most)

# work that fails does not take the pool along
pool = c.Pool(1)
pool.submit(lambda: 1 / 0)
rang = c.Event()
pool.submit(rang.set)
assert rang.wait(10) and pool.stop(10)

# a periodic survives an exception, and stops
count, third = [], c.Event()
def tick():
    count.append(1)
    if len(count) == 3:
        third.set()
    raise ValueError("again")
periodic = c.every(0.01, tick)
assert third.wait(10) and periodic.stop(10)
stood = len(count)
c.sleep(0.05)
assert len(count) == stood

# what blocks in C runs beside
ticks = []
beside = c.every(0.01, lambda: ticks.append(1))
original = __import__("eventlet").patcher.original("time").sleep if sys.argv[1] == "eventlet" else time.sleep
assert c.in_native_thread(lambda: original(0.3) or threading.current_thread()) is not None
assert len(ticks) > 3, ticks
beside.stop()

# locks, queues, locals
queue = c.Queue(); c.spawn(lambda: (c.sleep(0.05), queue.put(5))); assert queue.get(timeout=10) == 5
mine = c.local(); mine.x = 1
seen = c.Queue(); c.spawn(lambda: seen.put(hasattr(mine, "x"))); assert seen.get(timeout=10) is False
with c.Lock(), c.Semaphore(1), c.RLock():
    pass
try:
    c.start_backend("threading" if sys.argv[1] == "eventlet" else "eventlet")
except RuntimeError:
    print("fine")
"""


@pytest.mark.parametrize("backend", ["eventlet", "threading"])
def test_both_backends(backend):
    program = [sys.executable, "-W", "error::DeprecationWarning", "-c", textwrap.dedent(PROGRAM), backend]
    ran = subprocess.run(program, capture_output=True, text=True, timeout=60, check=False)
    assert ran.stdout == "fine\n", ran.stderr


def test_an_unknown_backend_is_refused():
    with pytest.raises(ValueError, match="eventlet or threading"):
        concurrency.start_backend("asyncio")


def test_without_a_backend_all_runs_on_native_threads():
    assert concurrency.backend() == "threading"
    names = concurrency.Queue()
    concurrency.spawn(lambda: names.put(threading.current_thread() is not threading.main_thread())).wait(10)
    assert names.get(timeout=10)
    assert concurrency.in_native_thread(threading.current_thread) is threading.current_thread()


def test_a_pool_that_stopped_refuses_work():
    pool = concurrency.Pool(1)
    assert pool.stop(1)
    with pytest.raises(RuntimeError):
        pool.submit(print)


def test_a_pool_says_when_work_outlasts_its_stop():
    pool, go = concurrency.Pool(1), concurrency.Event()
    pool.submit(go.wait)
    pool.submit(go.wait)
    assert not pool.stop(0.05)
    assert (pool.busy, pool.waiting) == (1, 1)
    go.set()
    assert pool.stop(10)


def test_a_pool_without_a_place_is_refused():
    with pytest.raises(ValueError, match="no work"):
        concurrency.Pool(0)


def test_a_nudge_ends_the_pause():
    rang = concurrency.Queue()
    with concurrency.every(600, lambda: rang.put(1)) as periodic:
        rang.get(timeout=10)
        periodic.nudge()
        rang.get(timeout=10)


def test_a_periodic_may_begin_with_its_pause_and_asks_how_long_it_is():
    asked, rang = [], concurrency.Queue()

    def seconds():
        asked.append(1)
        return 0.001

    with concurrency.every(seconds, lambda: rang.put(len(asked)), at_once=False):
        assert rang.get(timeout=10) >= 1


def test_a_queue_gives_up_in_time():
    with pytest.raises(TimeoutError):
        concurrency.Queue().get(timeout=0.01)
