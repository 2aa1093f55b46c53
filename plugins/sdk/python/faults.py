"""What goes wrong, in the contract's words. A case says what comes next: `plugin-error` in wit/types.wit."""

import functools
import traceback
from collections.abc import Callable
from typing import get_args

from componentize_py_types import Err
from wit_world.imports import log, types


def failure(code: str, message: str, status: int | None = None) -> types.Failure:
    """`code` is short and for machines, `message` one sentence for people."""
    return types.Failure(code, message, status, None)


def config(code: str, message: str) -> Err:
    """A setting is wrong."""
    return Err(types.PluginError_Config(failure(code, message)))


def rejected(code: str, message: str) -> Err:
    """What came in is refused, and nothing of it is kept."""
    return Err(types.PluginError_Rejected(failure(code, message)))


def permanent(code: str, message: str) -> Err:
    """Never."""
    return Err(types.PluginError_Permanent(failure(code, message)))


def retryable(code: str, message: str) -> Err:
    """Later."""
    return Err(types.PluginError_Retryable(failure(code, message)))


def unclear() -> Err:
    """It may have been sent, or not: Saker asks `lookup`, and lets a person decide."""
    return retryable("unclear", "no answer came after it had been sent: it may have arrived")


def refusal(who: str, status: int) -> Err:
    """What a remote's status says by itself, for remotes that say no more. `who` is their name."""
    if status in (401, 403):
        return Err(types.PluginError_Auth(failure("refused", f"{who} does not know the token", status)))
    if status == 429:
        return Err(types.PluginError_RateLimited(failure("too-fast", f"{who} wants it slower", status)))
    if status == 408 or status >= 500:
        return Err(types.PluginError_Retryable(failure("busy", f"{who} can't now", status)))
    return Err(types.PluginError_Permanent(failure("refused", f"{who} does not want it", status)))


def calmly(otherwise: Callable[[str, str], Err]):
    """Every error that is none of the contract's becomes one: an exception at the edge ends the call without a word."""

    def around(work):
        @functools.wraps(work)
        def calm(*args):
            try:
                return work(*args)
            except Exception as why:
                if isinstance(why, Err) and isinstance(why.value, get_args(types.PluginError)):
                    raise
                log.log(log.Level.ERROR, "\n".join([repr(why), *way(why)]), [])
                raise otherwise("at-fault", f"the code is at fault: {why!r}") from None

        return calm

    return around


def way(why: Exception) -> list[str]:
    """Where it came from. `traceback` would quote the source, and looking for a file ends the call: there are none."""
    steps = traceback.walk_tb(why.__traceback__)
    return [f"at {step.f_code.co_name} ({step.f_code.co_filename}:{line})" for step, line in steps]
