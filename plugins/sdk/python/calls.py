"""Requests to a remote. For worlds that have http."""

from collections.abc import Callable
from typing import TypeVar

from componentize_py_types import Err
from wit_world.imports import http, types

from . import faults

T = TypeVar("T")

GET = types.HttpMethod.GET
POST = types.HttpMethod.POST


def header(name: str, value: str) -> types.Header:
    """A field of a request; `{{secret:NAME}}` in it is filled in by the host."""
    return types.Header(name, value.encode())


def request(url: str, headers: list[types.Header], method=GET, body: types.HttpBody | None = None) -> types.HttpRequest:
    """A request; a GET without a body where nothing else is said."""
    return types.HttpRequest(method, url, headers, body or types.HttpBody_Empty(), timeout_ms=None)


def read(asked: types.HttpRequest) -> types.HttpResponse:
    """Makes a request that does no harm when it is made again. Its answer may be a no; `good` raises for that."""
    return _made(lambda: http.fetch(asked), once=False)


def write(asked: types.HttpRequest) -> types.HttpResponse:
    """Makes a request that must have its effect once: where nobody knows whether it had, Saker asks `lookup`."""
    answer = _made(lambda: http.fetch(asked), once=True)
    # It broke off behind whoever took it.
    if answer.status in (408, 500, 502, 504):
        raise faults.unclear()
    return answer


def fetch_file(who: str, asked: types.HttpRequest) -> str:
    """Fetches a file without its bytes coming in here; its name, for `blobs.stored`. `who` is the remote's name."""
    status, blob = _made(lambda: http.fetch_to_blob(asked), once=False)
    if not 200 <= status < 300:
        raise faults.refusal(who, status)
    return blob


def good(who: str, answer: types.HttpResponse) -> types.HttpResponse:
    """An answer that is a yes; raises what its status says for any other. `who` is the remote's name."""
    if not 200 <= answer.status < 300:
        raise faults.refusal(who, answer.status)
    return answer


def _made(work: Callable[[], T], once: bool) -> T:
    try:
        return work()
    except Err as why:
        match why.value:
            case http.HttpError_Denied(words) | http.HttpError_Invalid(words):
                raise faults.config("not-allowed", words) from None
            case http.HttpError_TooLarge():
                raise faults.permanent("too-large", "what the other side answers is too large") from None
            case http.HttpError_Timeout() | http.HttpError_Other() if once:
                raise faults.unclear() from None
        raise faults.retryable("not-reached", "the other side was not reached") from None
