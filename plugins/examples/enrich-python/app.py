"""Says what a company's own address book knows about whoever asks: what they do, where they sit, how to reach them.

Saker shows it beside their name, and asks again after a day.
"""

from urllib.parse import quote

import wit_world.exports
from sdk import calls, faults
from sdk.faults import calmly
from sdk.text import from_json, text
from wit_world.exports import descriptor, enricher
from wit_world.imports import clock, config

HOLDS = 86_400_000
"""How long it holds what the book says, in milliseconds: a day."""


class Descriptor(wit_world.exports.Descriptor):
    def describe(self):
        return descriptor.Description(
            id="com.example.spyglass",
            name="Spyglass",
            version="0.1.0",  # As in plugin.toml.
            summary="Shows what the company's own address book knows about a person.",
            config_schema="{}",
            features=[],
            max_body_bytes=None,
            max_attachment_bytes=None,
        )


class Enricher(wit_world.exports.Enricher):
    @calmly(faults.permanent)
    def enrich(self, who, context):
        """`context` has the person's language, and their organisation and telephone number where these are known.

        This book is asked by the address alone. Its answer is `{"title", "department", …}`, and 404 for whom it does not know.
        """
        address = who.address.strip().lower()
        if not is_ours(address):
            return []
        book = server()
        url = f"{book}/v1/people?email={quote(address, safe='')}"
        answer = calls.read(calls.request(url, [calls.header("authorization", "Bearer {{secret:token}}")]))
        if answer.status == 404:
            return []  # Not everybody stands in it.
        person = parsed(calls.good("the address book", answer).body)
        source, expires_at = book.split("://")[-1], clock.now() + HOLDS
        facts = [(key, text(person.get(field)).strip()) for field, key in fields()]
        return [enricher.Fact(key, value, source, expires_at) for key, value in facts if value]


def is_ours(address):
    """Nobody's address leaves the house but those of its own domains."""
    name, _, domain = address.rpartition("@")
    domains = setting("domains").lower().split(",")
    return bool(name and domain) and domain in [ours.strip() for ours in domains]


def fields():
    """The book's fields that are shown, and what they are called: `department = Department`, a line each."""
    lines = [[part.strip() for part in line.split("=")] for line in setting("fields").split("\n")]
    return [parts for parts in lines if len(parts) == 2 and all(parts)]


def parsed(body):
    try:
        found = from_json(body)
    except ValueError:
        raise faults.permanent("spyglass", "the address book's answer is no JSON") from None
    return found if isinstance(found, dict) else {}


def server():
    """Where the book is: everybody has their own."""
    address = setting("server")
    if not address:
        raise faults.config("setting-missing", "server: Where is the address book?")
    return address.rstrip("/")


def setting(name):
    return (config.get(name) or "").strip()
