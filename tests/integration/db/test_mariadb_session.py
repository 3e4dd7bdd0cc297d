"""What becomes of transactions when MariaDB kills them, when two of them wait for each other, when it is not there."""

import subprocess
import sys
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import sqlalchemy as sa

from compute_cloud.db.session import Database, Deadlocked, Interrupted
from compute_cloud.db.stores import quotas
from compute_cloud.errors import Unavailable


def add(database, project="p"):
    with database.write() as tx:
        quotas.reserve(tx, project, None, {"instances": 1}, {})


def count(database, project="p"):
    with database.read() as tx:
        return quotas.usage(tx, project)["instances"]


def kill(database, tx):
    number = tx.execute(sa.text("SELECT CONNECTION_ID()")).scalar()
    with database.read() as other:
        other.exec_driver_sql(f"KILL CONNECTION {number}")


def test_a_killed_transaction_is_interrupted_and_done_again(database):
    add(database)
    tries = []

    def work():
        with database.write() as tx:
            tries.append(1)
            if len(tries) == 1:
                kill(database, tx)
            quotas.reserve(tx, "p", None, {"instances": 1}, {})

    with pytest.raises(Interrupted):
        work()
    tries.clear()
    database.retrying(work)
    assert count(database) == 2


def test_a_connection_that_died_in_the_pool_is_replaced_when_the_work_is_done_again(database):
    with database.read() as tx:
        number = tx.execute(sa.text("SELECT CONNECTION_ID()")).scalar()
    other = Database(database.url.render_as_string(hide_password=False))
    with other.read() as tx:
        tx.exec_driver_sql(f"KILL CONNECTION {number}")
    other.close()
    database.retrying(lambda: add(database))


def test_a_loss_during_the_commit_is_not_to_be_done_again_blindly(database):
    add(database)

    def add_and_lose():
        with database.write() as tx:
            quotas.reserve(tx, "p", None, {"instances": 1}, {})
            kill(database, tx)

    with pytest.raises(Unavailable) as loss:
        add_and_lose()
    assert not isinstance(loss.value, Interrupted)


def test_one_of_two_that_wait_for_each_other_gives_way_and_is_done_again(database):
    for project in ("a", "b"):
        add(database, project)
    meet = Barrier(2)
    lost = []

    def cross(first, second):
        met = []

        def work():
            try:
                with database.write() as tx:
                    quotas.reserve(tx, first, None, {"instances": 1}, {})
                    if not met:
                        met.append(1)
                        meet.wait(30)
                    quotas.reserve(tx, second, None, {"instances": 1}, {})
            except Deadlocked as deadlock:
                lost.append(deadlock)
                raise

        database.retrying(work)

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(cross, "a", "b"), pool.submit(cross, "b", "a")]:
            done.result()
    assert len(lost) == 1
    assert (count(database, "a"), count(database, "b")) == (3, 3)


def test_a_database_that_is_not_there_is_unavailable_at_once():
    database = Database("mysql+pymysql://nobody@127.0.0.1:1/nothing")
    began = time.monotonic()
    with pytest.raises(Unavailable), database.read():
        pass
    with pytest.raises(Unavailable):
        database.retrying(lambda: add(database), seconds=0.2)
    assert time.monotonic() - began < 5
    database.close()


def test_transactions_read_what_is_committed(database):
    add(database)
    with database.read() as tx:
        assert quotas.usage(tx, "p")["instances"] == 1
        add(database)
        assert quotas.usage(tx, "p")["instances"] == 2


def test_green_threads_work_at_the_same_time(database):
    script = f"""
        import time
        from compute_cloud import concurrency
        concurrency.start_backend("eventlet")
        from compute_cloud.db.session import Database
        from compute_cloud.db.stores import quotas
        database = Database({database.url.render_as_string(hide_password=False)!r})
        def one(project):
            with database.write() as tx:
                quotas.reserve(tx, project, None, {{"instances": 1}}, {{}})
        def add(project):
            for _ in range(5):
                database.retrying(lambda: one(project), seconds=60)  # who is first may meet another first: a deadlock
        def nap():
            with database.read() as tx:
                tx.exec_driver_sql("SELECT SLEEP(1)")
        began = time.monotonic()
        tasks = [concurrency.spawn(nap) for _ in range(10)] + [concurrency.spawn(add, "p") for _ in range(10)]
        assert all(task.wait(60) for task in tasks)
        assert time.monotonic() - began < 5, "the naps were taken one after another"
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(script)], check=True, timeout=120)
    assert count(database) == 50
