"""Text and JSON as they have to be before they cross to the host."""

import json
import re

DEEPEST = 100
"""How deep a value may lie: the sandbox's stack ends somewhere behind, and the call with it."""
STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"?', re.DOTALL)


def text(value: object) -> str:
    """Text and nothing else. JSON can spell half characters, which end the call where they cross to the host."""
    return value.encode(errors="replace").decode() if isinstance(value, str) else ""


def from_json(data: bytes):
    """The value that some JSON spells; ValueError for bytes that are none, and for lists in lists without end."""
    if depth(data) > DEEPEST:
        raise ValueError("the JSON is nested too deep")
    return json.loads(data.decode())


def depth(data: bytes) -> int:
    """How deep brackets lie in brackets, those in strings aside."""
    deepest = here = 0
    for byte in re.findall(rb"[\[\]{}]", STRING.sub(b"", data)):
        here += 1 if byte in b"[{" else -1
        deepest = max(deepest, here)
    return deepest
