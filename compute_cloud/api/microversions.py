"""The versions of the compute API: what each one brought, and which one a request asks for.

Inside, a version is the number after the dot (``2.55`` is 55), since the one before it never changes.
"""

import re
from collections.abc import Mapping
from typing import Final

from compute_cloud.errors import Invalid, Problem

SERVICE: Final = "compute"
LEGACY_HEADER: Final = "X-OpenStack-Nova-API-Version"
HEADER: Final = "OpenStack-API-Version"

HISTORY: Final[tuple[tuple[str, str], ...]] = (
    ("2.1", "input is checked strictly"),
    ("2.2", "keypairs have a type; creating one answers 201, deleting one 204"),
    ("2.3", "administrators see more attributes of servers"),
    ("2.4", "fixed addresses show whether they are reserved"),
    ("2.5", "everyone may filter servers by IPv6 address"),
    ("2.6", "one resource for remote consoles replaces the console actions"),
    ("2.7", "a public flavor refuses tenant access"),
    ("2.8", "MKS consoles"),
    ("2.9", "servers show whether they are locked"),
    ("2.10", "administrators handle other users' keypairs"),
    ("2.11", "services can be forced down"),
    ("2.12", "virtual interfaces show their network"),
    ("2.13", "server groups show their owner"),
    ("2.14", "evacuation finds out itself whether storage is shared"),
    ("2.15", "soft affinity and soft anti-affinity"),
    ("2.16", "servers show the status of their host"),
    ("2.17", "crash dumps"),
    ("2.18", "URLs need no project id"),
    ("2.19", "servers have a description"),
    ("2.20", "volumes attach to shelved servers"),
    ("2.21", "actions of deleted servers are shown"),
    ("2.22", "live migrations can be forced to complete"),
    ("2.23", "migrations of a server are listed"),
    ("2.24", "live migrations can be aborted"),
    ("2.25", "live migration chooses block migration itself"),
    ("2.26", "servers have tags"),
    ("2.27", "the OpenStack-API-Version header"),
    ("2.28", "cpu_info of hypervisors is an object"),
    ("2.29", "evacuation checks the chosen host"),
    ("2.30", "live migration checks the chosen host"),
    ("2.31", "console tokens of every kind can be looked up"),
    ("2.32", "devices are tagged at boot"),
    ("2.33", "hypervisors are paged"),
    ("2.34", "live migration checks in the background"),
    ("2.35", "keypairs are paged"),
    ("2.36", "proxies to other services are gone"),
    ("2.37", "networks must be named at boot, or auto or none"),
    ("2.38", "an unknown status is refused as a filter"),
    ("2.39", "image metadata proxy is gone"),
    ("2.40", "usage is paged"),
    ("2.41", "aggregates show their uuid"),
    ("2.42", "device tags at boot are back"),
    ("2.43", "os-hosts is gone"),
    ("2.44", "address actions are gone"),
    ("2.45", "createImage answers with the image id in a body"),
    ("2.46", "X-OpenStack-Request-ID in every answer"),
    ("2.47", "the flavor is shown within the server"),
    ("2.48", "diagnostics have one form"),
    ("2.49", "devices are tagged when attached"),
    ("2.50", "quota classes show server groups"),
    ("2.51", "owners see the events of their actions; volume-extended event"),
    ("2.52", "tags at boot"),
    ("2.53", "services and hypervisors go by uuid"),
    ("2.54", "rebuild takes a keypair"),
    ("2.55", "flavors have a description"),
    ("2.56", "cold migration takes a host"),
    ("2.57", "personality is gone; rebuild takes user data"),
    ("2.58", "server actions are paged"),
    ("2.59", "migrations are paged and have a uuid"),
    ("2.60", "volumes attach to several servers"),
    ("2.61", "flavors show their extra specs"),
    ("2.62", "events of actions show their host"),
    ("2.63", "trusted image certificates"),
    ("2.64", "server groups have one policy with rules"),
    ("2.65", "queued live migrations can be aborted"),
    ("2.66", "lists take changes-before"),
    ("2.67", "volume types at boot"),
    ("2.68", "migrations cannot be forced past the scheduler"),
    ("2.69", "partial answers when a cell is down"),
    ("2.70", "tags of attachments are shown"),
    ("2.71", "servers show their groups"),
    ("2.72", "ports with a bandwidth guarantee at boot"),
    ("2.73", "locks have a reason"),
    ("2.74", "boot on a chosen host or hypervisor, by the filters"),
    ("2.75", "unknown parameters are refused; one form of a server in every answer"),
    ("2.76", "power-update event"),
    ("2.77", "unshelve takes a zone"),
    ("2.78", "topology of a server"),
    ("2.79", "volume attachments take delete_on_termination"),
    ("2.80", "migrations show who asked"),
    ("2.81", "images are cached ahead for an aggregate"),
    ("2.82", "accelerator-request-bound event"),
    ("2.83", "more filters of servers for everyone"),
    ("2.84", "events of actions show details"),
    ("2.85", "delete_on_termination of an attachment can be changed"),
    ("2.86", "extra specs are checked"),
    ("2.87", "rescue of servers that boot from a volume"),
    ("2.88", "hypervisors show no usage, but their uptime"),
    ("2.89", "volume attachments show their own id"),
    ("2.90", "the hostname can be chosen"),
    ("2.91", "unshelve takes a host"),
    ("2.92", "keypairs are imported only"),
    ("2.93", "rebuild of servers that boot from a volume"),
    ("2.94", "the hostname may be a full name"),
    ("2.95", "evacuated servers stay stopped"),
    ("2.96", "servers show the zone they are pinned to"),
    ("2.97", "shares are attached"),
    ("2.98", "servers show properties of their image"),
    ("2.99", "direct SPICE consoles"),
    ("2.100", "servers show their scheduler hints"),
    ("2.101", "volumes are attached in the background"),
    ("2.102", "flavors are found by name; unknown query parameters are refused everywhere"),
    ("2.103", "os-volumes_boot is gone"),
    ("2.104", "the zone a server is pinned to can be changed"),
)


def minor(version: str) -> int:
    """Return the number that stands for a version of the list above (``"2.55"`` -> 55)."""
    return int(version.partition(".")[2])


def written(version: int) -> str:
    """Return a version as users write it (55 -> ``"2.55"``)."""
    return f"2.{version}"


OLDEST: Final = minor(HISTORY[0][0])
NEWEST: Final = minor(HISTORY[-1][0])

# Behaviour that is no field of a body, by name: handlers ask for these.
STATUS_FILTER_IS_CHECKED: Final = minor("2.38")
HYPERVISORS_PAGED: Final = minor("2.33")
EVENTS_FOR_OWNERS: Final = minor("2.51")
HYPERVISORS_GO_BY_UUID: Final = minor("2.53")
ACTIONS_ARE_PAGED: Final = minor("2.58")
EVENTS_SHOW_HOST: Final = minor("2.62")
SERVERS_UNIFORM: Final = minor("2.75")
ACTIONS_OF_DELETED: Final = minor("2.21")
FILTERS_FOR_EVERYONE: Final = minor("2.83")
EVENTS_SHOW_DETAILS: Final = minor("2.84")

_FORM: Final = re.compile(r"([1-9][0-9]{0,4})\.(0|[1-9][0-9]{0,4})\Z", re.ASCII)


class NotAcceptable(Problem):
    """The version asked for is none that this API speaks."""

    kind = "not_acceptable"


def asked_for(headers: Mapping[str, str]) -> int:
    """Return the version that a request's headers ask for; the oldest when they ask for none.

    Raises Invalid for what is no version, NotAcceptable for one outside the range.
    """
    wanted = _wanted(headers)
    if wanted is None:
        return OLDEST
    if wanted == "latest":
        return NEWEST
    form = _FORM.match(wanted)
    if not form:
        raise Invalid(
            f"API Version String {wanted[:40]} is of invalid format. Must be of format MajorNum.MinorNum.", field=HEADER
        )
    major, number = int(form[1]), int(form[2])
    if major != 2 or not OLDEST <= number <= NEWEST:
        raise NotAcceptable(
            f"Version {wanted} is not supported by the API. "
            f"Minimum is {written(OLDEST)} and maximum is {written(NEWEST)}.",
            field=HEADER,
        )
    return number


def _wanted(headers: Mapping[str, str]) -> str | None:
    """Return the version part of the headers; the newer header speaks for several services and goes first."""
    for part in headers.get(HEADER, "").split(","):
        service, _, version = part.strip().partition(" ")
        if service.lower() == SERVICE:
            return version.strip()
    legacy = headers.get(LEGACY_HEADER)
    return legacy.strip() if legacy is not None else None


VARY: Final = ("Vary", f"{HEADER}, {LEGACY_HEADER}")


def answer_headers(version: int | None) -> list[tuple[str, str]]:
    """Return the headers that say which version an answer is in (None: it could not be told)."""
    if version is None:
        return [VARY]
    text = written(version)
    return [(HEADER, f"{SERVICE} {text}"), (LEGACY_HEADER, text), VARY]
