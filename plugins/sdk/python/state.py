"""The account's memory, as JSON. For worlds that have state, and plugins whose plugin.toml has [state]."""

import json

from wit_world.imports import state

from .text import from_json


def recall(name: str):
    """What is kept under a name; None where nothing is. Raises where nobody can say."""
    kept = state.get(name)
    return from_json(kept.value) if kept else None


def remember(name: str, value: object, seconds: int | None = None) -> None:
    """Keeps a value, for some seconds or for good. Raises where there is no room."""
    state.put(name, json.dumps(value).encode(), state.Expect_Any(), seconds)


def forget(name: str) -> None:
    """Keeps it no longer."""
    state.delete(name, state.Expect_Any())
