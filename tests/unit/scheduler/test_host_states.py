"""States are pulled when they are needed, no oftener, and what was chosen counts until the claim is seen."""

from dataclasses import dataclass, field

import pytest

from compute_cloud import concurrency
from compute_cloud.context import Context
from compute_cloud.errors import Unavailable
from compute_cloud.objects.host import HostChanges, HostState
from compute_cloud.objects.scheduling import Choice
from compute_cloud.scheduler.hosts import Ages, Hosts, View
from tests.factories.hosts import NOW, host, request


@dataclass
class Clock:
    now: float = NOW

    def __call__(self) -> float:
        return self.now


@dataclass
class Conductor:
    """Answers with what a test put in; notes what it was asked."""

    answers: list[HostChanges | Exception] = field(default_factory=list)
    asked: list[float | None] = field(default_factory=list)
    hold: concurrency.Flag | None = None

    def host_changes(self, context: Context, *, since: float | None) -> HostChanges:
        del context
        self.asked.append(since)
        if self.hold is not None:
            assert self.hold.wait(30)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


AWAY = Unavailable("The conductor does not answer.")


def changes(*states: HostState, sequence: float = 1.0, **given: object) -> HostChanges:
    return HostChanges(**{"sequence": sequence, "states": states, **given})  # type: ignore[arg-type]


def made(*answers: HostChanges | Exception) -> tuple[Hosts, Conductor, Clock]:
    conductor, clock = Conductor(list(answers)), Clock()
    return Hosts(conductor, Ages, clock=clock), conductor, clock


def names(view: View) -> set[str]:
    return {state.node.name for state in view.states}


def choice_of(state: HostState) -> Choice:
    return Choice(host=state.host, node=state.node.name, node_uuid=state.node.uuid, zone="nova")


def test_the_first_question_asks_for_all_and_later_ones_for_changes() -> None:
    hosts, conductor, clock = made(changes(host("a"), host("b"), sequence=7.0), changes(host("c"), sequence=9.0))
    assert names(hosts.view()) == {"a", "b"}
    clock.now += 0.4
    assert names(hosts.view()) == {"a", "b"}
    clock.now += 0.2
    assert names(hosts.view()) == {"a", "b", "c"}
    clock.now += 0.6
    hosts.view()
    assert conductor.asked == [None, 7.0, 9.0]


def test_changes_replace_what_was_known_and_the_gone_go() -> None:
    a, b = host("a"), host("b")
    hosts, _, clock = made(changes(a, b), changes(host("b", disabled=True), gone=(a.node.uuid,), seen={"b": NOW + 50}))
    hosts.view()
    clock.now += 1
    (state,) = hosts.view().states
    assert (state.host, state.disabled, state.seen_at) == ("b", True, NOW + 50)


def test_a_sign_of_life_alone_makes_a_state_younger() -> None:
    hosts, _, clock = made(changes(host("a"), host("b")), changes(seen={"a": NOW + 1}))
    hosts.view()
    clock.now += 1
    assert {state.host: state.seen_at for state in hosts.view().states} == {"a": NOW + 1, "b": NOW - 5}


def test_all_is_asked_for_again_from_time_to_time() -> None:
    hosts, conductor, clock = made(changes(host("a")), changes(host("b")))
    hosts.view()
    clock.now += 61
    assert names(hosts.view()) == {"b"}
    assert conductor.asked == [None, None]


def test_an_empty_memory_asks_at_once() -> None:
    hosts, _, _ = made(changes(), changes(host("a")))
    assert names(hosts.view()) == set()
    assert names(hosts.view()) == {"a"}


def test_many_who_ask_share_one_pull() -> None:
    hosts, conductor, _ = made(changes(host("a")))
    conductor.hold = concurrency.Event()
    seen: list[set[str]] = []
    tasks = [concurrency.spawn(lambda: seen.append(names(hosts.view()))) for _ in range(8)]
    conductor.hold.set()
    assert all(task.wait(30) for task in tasks)
    assert seen == [{"a"}] * 8
    assert len(conductor.asked) <= 2


def test_without_the_conductor_the_remembered_serves_until_it_is_useless() -> None:
    hosts, _, clock = made(changes(host("a")), AWAY)
    hosts.view()
    clock.now += 59
    view = hosts.view()
    assert names(view) == {"a"}
    assert view.known_at == NOW
    clock.now += 2
    with pytest.raises(Unavailable):
        hosts.view()


def test_a_scheduler_that_never_heard_of_any_host_says_so() -> None:
    hosts, _, _ = made(AWAY)
    with pytest.raises(Unavailable):
        hosts.view()


def test_a_choice_counts_at_once_and_until_a_pull_has_surely_seen_its_claim() -> None:
    a = host("a")
    hosts, _, clock = made(changes(a))

    def used(*, optimistic: bool = True) -> int:
        return hosts.view(optimistic=optimistic).states[0].node.inventories["MEMORY_MB"].used

    hosts.view()
    hosts.consume(request(server_id="s1", memory_mb=512), choice_of(a))
    hosts.consume(request(server_id="s2", memory_mb=512), choice_of(a))
    assert used() == 1024
    assert hosts.view().states[0].building == 2
    assert used(optimistic=False) == 0
    assert hosts.decided_at("s1") == NOW
    assert hosts.decided_at("s3") is None
    clock.now += 0.9
    assert used() == 1024
    clock.now += 0.6
    assert used() == 0
    assert hosts.decided_at("s1") is None


@pytest.mark.parametrize("optimistic", [True, False])
def test_states_can_be_asked_for_that_are_newer_than_a_moment(optimistic: bool) -> None:
    hosts, conductor, clock = made(changes(host("a")))
    hosts.view()
    asked_at = clock.now
    clock.now += 0.01
    hosts.view(newer_than=asked_at, optimistic=optimistic)
    assert len(conductor.asked) == 2


def test_an_unforeseen_error_leaves_nobody_waiting() -> None:
    hosts, conductor, _ = made(RuntimeError("boom"), changes(host("a")))
    with pytest.raises(Unavailable):
        hosts.view()
    assert names(hosts.view()) == {"a"}
    assert len(conductor.asked) == 2
