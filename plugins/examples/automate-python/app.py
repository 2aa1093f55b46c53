"""Hears it when a customer writes again and again and nobody answers: the request gets a tag, a priority and a comment.

A rule in Saker sees one event at a time; this counts.
"""

import wit_world.exports
from componentize_py_types import Err
from sdk import faults
from sdk.faults import calmly
from wit_world.exports import automation, descriptor
from wit_world.imports import config, state

KEPT_S = 2_592_000
"""How long it is known who waits, in seconds: thirty days."""


class Descriptor(wit_world.exports.Descriptor):
    def describe(self):
        return descriptor.Description(
            id="com.example.doorbell",
            name="Doorbell",
            version="0.1.0",  # As in plugin.toml.
            summary="Marks requests whose customers write again and again without an answer.",
            config_schema="{}",
            features=[],
            max_body_bytes=None,
            max_attachment_bytes=None,
        )


class Automation(wit_world.exports.Automation):
    @calmly(faults.permanent)
    def on_event(self, e):
        """Called for every event on every request, but for what plugins did themselves.

        What it gives back is done under this plugin's name: all of it, or nothing.
        """
        name = f"waiting/{e.ticket.number}"
        if e.kind in ("replied", "closed"):
            kept(lambda: state.delete(name, state.Expect_Any()))
            return []
        times = int(setting("times") or 0)
        if not times or not is_from_customer(e):
            return []
        before = kept(lambda: state.get(name))
        rings = before.value.decode().split(" ") if before else []
        # An event may come twice: it counts once, and is answered as it was before.
        if len(rings) < times and e.id not in rings:
            rings.append(e.id)
            # Two may come at once: who writes second is called again, and counts both.
            expect = state.Expect_Etag(before.etag) if before else state.Expect_Absent()
            kept(lambda: state.put(name, " ".join(rings).encode(), expect, KEPT_S))
        return proposals(times) if len(rings) >= times and rings[times - 1] == e.id else []


def is_from_customer(e):
    by = next((value for name, value in e.data if name == "actor-kind"), None)
    return e.kind == "enquiry-received" or (e.kind == "ticket-opened" and by != "agent")


def proposals(times):
    """What is left empty in the settings is not proposed. What else can be stands in README.md."""
    every = [
        ("add-tag", "tag", setting("tag")),
        ("set-priority", "priority", setting("priority")),
        ("comment", "text", setting("comment").replace("{times}", str(times))),
    ]
    return [automation.Action(kind, [(name, value)]) for kind, name, value in every if value]


def kept(work):
    """What the memory says, with its errors in the contract's words."""
    try:
        return work()
    except Err as why:
        if isinstance(why.value, (state.StateError_Conflict, state.StateError_Unavailable)):
            raise faults.retryable("not-now", "the memory can't now") from None
        raise faults.permanent("doorbell", "there is no room in the memory") from None


def setting(name):
    return (config.get(name) or "").strip()
