"""Transactions: kept whole or not at all, one writer at a time on SQLite, done again when they were interrupted."""

import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor

import pytest
from oslo_config import cfg

from compute_cloud.db.session import Database, Deadlocked, Interrupted
from compute_cloud.db.stores import quotas
from compute_cloud.errors import Invalid, Unavailable


def add(database, project="p"):
    with database.write() as tx:
        quotas.reserve(tx, project, None, {"instances": 1}, {})


def count(database, project="p"):
    with database.read() as tx:
        return quotas.usage(tx, project)["instances"]


def test_an_exception_takes_everything_back(database):
    add(database)

    def add_and_fail():
        with database.write() as tx:
            quotas.reserve(tx, "p", None, {"instances": 1}, {})
            raise RuntimeError

    with pytest.raises(RuntimeError):
        add_and_fail()
    assert count(database) == 1


def test_readers_see_what_is_committed_while_a_writer_is_at_work(database):
    add(database)
    with database.write() as tx:
        quotas.reserve(tx, "p", None, {"instances": 1}, {})
        assert count(database) == 1
    assert count(database) == 2


def test_writers_on_threads_take_turns(database):
    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(add, database) for _ in range(40)]:
            done.result()
    assert count(database) == 40


def test_green_writers_take_turns_and_never_block_each_other(database):
    script = f"""
        from compute_cloud import concurrency
        concurrency.start_backend("eventlet")
        from compute_cloud.db.session import Database
        from compute_cloud.db.stores import quotas
        database = Database({str(database.url)!r})
        def add():
            for _ in range(5):
                with database.write() as tx:
                    quotas.reserve(tx, "p", None, {{"instances": 1}}, {{}})
                    concurrency.sleep(0.001)
        tasks = [concurrency.spawn(add) for _ in range(8)]
        assert all(task.wait(60) for task in tasks)
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(script)], check=True, timeout=120)
    assert count(database) == 40


def test_a_database_in_memory_works_for_one_process():
    database = Database("sqlite://")
    with database.write() as tx:
        tx.exec_driver_sql("CREATE TABLE t (a INTEGER)")
        tx.exec_driver_sql("INSERT INTO t VALUES (1)")
    with database.read() as tx:
        assert tx.exec_driver_sql("SELECT a FROM t").scalar() == 1
    database.close()


@pytest.mark.parametrize("loss", [Interrupted, Deadlocked])
def test_interrupted_work_is_done_again(database, loss):
    tries = []

    def work():
        tries.append(1)
        if len(tries) < 3:
            raise loss("gone")
        return "done"

    assert database.retrying(work) == "done"
    assert len(tries) == 3


def test_lasting_loss_comes_out_as_unavailable(database):
    def work():
        raise Interrupted("gone")

    with pytest.raises(Unavailable):
        database.retrying(work, seconds=0.1)


def test_other_problems_are_not_tried_again(database):
    tries = []

    def work():
        tries.append(1)
        raise Unavailable("who knows whether it was written")

    with pytest.raises(Unavailable):
        database.retrying(work)
    assert len(tries) == 1


def test_the_url_comes_from_the_configuration(database):
    conf = cfg.ConfigOpts()
    conf([], default_config_files=[], default_config_dirs=[])
    with pytest.raises(Invalid, match="connection is not set"):
        Database(conf)
    conf.set_override("connection", str(database.url), group="database")
    configured = Database(conf)
    add(configured)
    configured.close()
    assert count(database) == 1
