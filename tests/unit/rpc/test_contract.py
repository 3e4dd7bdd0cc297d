"""What a client and a service see of each other through a contract."""

import logging
import time
from typing import ClassVar, Protocol

import pytest
from kiln import FLAVOR, Kiln, KilnRpc

from compute_cloud.context import Context
from compute_cloud.errors import Broken, Conflict, NotFound, Unavailable
from compute_cloud.objects.boot import BootOrder
from compute_cloud.rpc import codec
from compute_cloud.rpc.contract import Contract, Endpoint, call, client, methods


def test_a_call_brings_typed_arguments_there_and_a_typed_answer_back(kilns):
    assert kilns.client().look(kilns.context, server_id="a", lines=2) == (FLAVOR, FLAVOR)
    assert kilns.service.contexts.get(timeout=5) == kilns.context


def test_a_cast_brings_its_order_unchanged(kilns, order):
    assert kilns.client("h1").fire(kilns.context, ticket="t", order=order) is None
    assert kilns.service.orders.get(timeout=5) == order


def test_credentials_stay_at_home(kilns):
    context = Context(credentials=(("X-Auth-Token", "secret"),))
    kilns.client().look(context, server_id="a", lines=None)
    assert kilns.service.contexts.get(timeout=5).credentials == ()
    assert "secret" not in codec.dump(context)


@pytest.mark.parametrize("wrong", [{"server": "a"}, {"server_id": "a"}, {"server_id": "a", "lines": 1, "odd": 2}])
def test_wrong_arguments_fail_at_home(kilns, wrong):
    with pytest.raises(TypeError):
        kilns.client().look(kilns.context, **wrong)
    assert len(kilns.service.contexts) == 0


def test_a_problem_crosses_by_kind_without_its_detail(kilns):
    with pytest.raises(NotFound, match="no such kiln") as caught:
        kilns.client().look(kilns.context, server_id="none", lines=None)
    assert (caught.value.field, caught.value.detail) == ("server_id", None)
    with pytest.raises(Conflict):
        kilns.client().look(kilns.context, server_id="busy", lines=None)


def test_a_bug_is_logged_where_it_is_and_crosses_as_broken(kilns, caplog):
    with pytest.raises(Broken) as caught:
        kilns.client().look(kilns.context, server_id="bug", lines=None)
    assert "secret" not in str(caught.value)
    assert kilns.context.request_id in caught.value.message
    assert "secret inside" in caplog.text


def test_a_cast_that_fails_is_logged(kilns, order, caplog, eventually):
    kilns.client().fire(kilns.context, ticket="break", order=order)
    eventually(lambda: "broken glass" in caplog.text)
    assert caplog.records[-1].levelno == logging.ERROR


def test_a_call_that_takes_too_long_is_unavailable(kilns):
    with pytest.raises(Unavailable, match=r"kiln.*wait"):
        kilns.client().wait(kilns.context, seconds=30)


def test_a_deadline_is_kept(kilns):
    began = time.monotonic()
    with pytest.raises(Unavailable):
        kilns.client().wait(Context(deadline=time.time() + 0.05), seconds=30)
    assert time.monotonic() - began < 0.25
    with pytest.raises(Unavailable, match="no time left"):
        kilns.client().wait(Context(deadline=time.time() - 1), seconds=0)


def test_a_question_whose_time_is_over_is_not_worked_on():
    service = Kiln()
    method = methods(KilnRpc)["look"]
    text = codec.dump(method.request(context=Context(deadline=time.time() - 1), server_id="a", lines=None))
    assert "unavailable" in Endpoint(KilnRpc, service).answer("look", text)
    assert len(service.contexts) == 0


def test_fields_that_are_not_known_are_dropped_and_missing_ones_take_defaults():
    endpoint = Endpoint(KilnRpc, Kiln())
    answer = endpoint.answer("wait", '{"context": {"request_id": "req-1", "mood": 1}, "seconds": 0, "colour": "red"}')
    assert answer == '{"result":"for nothing"}'


def test_a_question_that_cannot_be_read_is_answered(caplog):
    answer = Endpoint(KilnRpc, Kiln()).answer("look", '{"context": {}, "server_id": 5, "lines": null}')
    assert '"kind":"broken"' in answer
    assert "server_id" in caplog.text


def test_an_answer_that_cannot_be_read_is_broken():
    class Garbled:
        def call(self, method, text, seconds):
            return '{"result": "not flavors"}'

    with pytest.raises(Broken, match="understood"):
        client(KilnRpc, Garbled()).look(Context(), server_id="a", lines=None)


def test_an_unknown_kind_of_problem_is_broken():
    class Newer:
        def call(self, method, text, seconds):
            return '{"trouble": {"kind": "too_hot", "message": "Ouch."}}'

    with pytest.raises(Broken, match="Ouch"):
        client(KilnRpc, Newer()).look(Context(), server_id="a", lines=None)


class Lacking:
    def fire(self, context: Context, *, ticket: str, order: BootOrder) -> None: ...


class Renamed(Kiln):
    def fire(self, context: Context, *, name: str, order: BootOrder) -> None: ...


class Retyped(Kiln):
    def fire(self, context: Context, *, ticket: int, order: BootOrder) -> None: ...


class OtherAnswer(Kiln):
    def wait(self, context: Context, *, seconds: float, why: str = "") -> int: ...


@pytest.mark.parametrize("drifted", [Lacking, Renamed, Retyped, OtherAnswer])
def test_a_service_that_drifted_is_refused_at_start(drifted):
    with pytest.raises(TypeError):
        Endpoint(KilnRpc, drifted())


def test_every_answer_that_is_none_arrives():
    class QuietRpc(Contract, Protocol):
        topic: ClassVar[str] = "quiet"
        version: ClassVar[str] = "1.0"

        @call(since="1.0")
        def hush(self, context: Context) -> None: ...

        @call(since="1.0")
        def find(self, context: Context) -> str | None: ...

    class Quiet:
        def hush(self, context: Context) -> None:
            return None

        def find(self, context: Context) -> str | None:
            return None

    endpoint = Endpoint(QuietRpc, Quiet())

    class Direct:
        def call(self, method, text, seconds):
            return endpoint.answer(method.name, text)

    quiet = client(QuietRpc, Direct())
    assert quiet.hush(Context()) is None
    assert quiet.find(Context()) is None
