"""A channel for a chat service called Parrot: it posts messages to us, and takes answers at its API."""

import functools
import json
import re
import traceback

import wit_world.exports
from componentize_py_types import Err
from wit_world.exports import descriptor, inbound, outbound
from wit_world.imports import config, http, log, secrets, types

# How deep a value may lie: the sandbox's stack ends somewhere behind, and the call with it.
DEEPEST = 100
STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"?', re.DOTALL)


def failure(message, status=None):
    return types.Failure("parrot", message, status, None)


def rejected(message):
    return Err(types.PluginError_Rejected(failure(message)))


def permanent(message):
    return Err(types.PluginError_Permanent(failure(message)))


def retryable(message):
    return Err(types.PluginError_Retryable(failure(message)))


def calmly(otherwise):
    """Every error that is none of the contract's becomes one: an error that nobody catches ends the call without a word."""

    def around(work):
        @functools.wraps(work)
        def calm(*args):
            try:
                return work(*args)
            except Err:
                raise
            except Exception as why:
                log.log(log.Level.ERROR, traceback.format_exc(), [])
                raise otherwise(f"the code is at fault: {why!r}") from None

        return calm

    return around


class Descriptor(wit_world.exports.Descriptor):
    def describe(self):
        return descriptor.Description(
            id="com.example.parrot",
            name="Parrot",
            version="0.1.0",  # As in plugin.toml.
            summary="Messages from Parrot, and answers to it.",
            config_schema="{}",
            features=[],
            max_body_bytes=None,
            max_attachment_bytes=None,
        )


class Inbound(wit_world.exports.Inbound):
    # A message that came in is better tried again, when the code is mended.
    @calmly(retryable)
    def handle_webhook(self, req):
        """One call by Parrot: `{"id", "chat", "user", "name", "text"}`, signed in `x-parrot-signature`."""
        check_signature(req)
        call = parsed(req.body)

        def field(name):
            return text(call.get(name)) if isinstance(call, dict) else ""

        if not field("id") or not field("text"):
            raise rejected("a message has an id and a text")
        message = types.InboundMessage(
            external_id=field("id"),  # With the account, this is how the host knows that it has seen a message before.
            sent_at=None,
            thread=types.ThreadRef(field("chat"), in_reply_to=None, references=[], reply_token=None),
            sender=types.Party(field("user"), field("name"), types.Role.CUSTOMER, attrs=[]),
            recipients=[],
            subject=None,
            bodies=[types.MessageBody(types.BodyFormat.PLAIN, field("text"))],
            attachments=[],
            locale=None,
            attrs=[],
        )
        return inbound.Outcome(types.Batch([message], updates=[]), inbound.Reply(200, headers=[], body=b""))


class Outbound(wit_world.exports.Outbound):
    # One that goes out may be on its way already, so a person should look.
    @calmly(permanent)
    def send(self, msg):
        if msg.thread is None:
            raise permanent("there is no chat to answer in")
        words = msg.bodies[0].text if msg.bodies else ""
        greeting = config.get("greeting") or ""
        body = {"chat": msg.thread.conversation, "text": greeting + words, "key": msg.idempotency_key}
        answer = fetched(
            types.HttpRequest(
                method=types.HttpMethod.POST,
                url="https://api.parrot.example/v1/messages",
                headers=[
                    types.Header("content-type", b"application/json"),
                    types.Header("authorization", b"Bearer {{secret:token}}"),  # Filled in by the host.
                ],
                body=types.HttpBody_Bytes(json.dumps(body).encode()),
                timeout_ms=None,
            )
        )
        status = answer.status
        if status in (401, 403):
            raise Err(types.PluginError_Auth(failure("Parrot does not know the token", status)))
        if status == 429:
            raise Err(types.PluginError_RateLimited(failure("Parrot wants it slower", status)))
        if status >= 500:
            raise Err(types.PluginError_Retryable(failure("Parrot can't now", status)))
        if not 200 <= status < 300:
            raise Err(types.PluginError_Permanent(failure("Parrot does not want it", status)))
        return outbound.Receipt(
            external_id=sent_id(answer) or msg.idempotency_key,
            state=types.DeliveryState.SENT,
            thread=msg.thread,
            duplicate=False,
            attrs=[],
        )

    def lookup(self, idempotency_key):
        """Parrot can't be asked whether it has seen a key; a person then decides."""
        raise Err(types.PluginError_Unsupported())


def check_signature(req):
    given = next((header.value for header in req.headers if header.name.lower() == "x-parrot-signature"), b"")
    try:
        mac = bytes.fromhex(given.decode("ascii"))
    except ValueError:
        mac = b""
    if not mac:
        raise rejected("the call is not signed")
    try:
        good = secrets.verify_hmac_sha256("signing-key", req.body, mac)
    except Err as why:
        raise Err(types.PluginError_Config(failure(str(why.value)))) from None
    if not good:
        raise rejected("the signature is wrong")


def fetched(request):
    try:
        return http.fetch(request)
    except Err:
        raise retryable("Parrot was not reached") from None


def parsed(body):
    try:
        return from_json(body)
    except ValueError as why:
        raise rejected(str(why)) from None


def sent_id(answer):
    """What Parrot calls a message that it took. That it took it is certain, whatever it says."""
    try:
        return text(from_json(answer.body)["id"])
    except (ValueError, KeyError, TypeError):
        return ""


def text(value):
    """Text and nothing else. JSON can spell half characters, which end the call where they cross to the host."""
    return value.encode(errors="replace").decode() if isinstance(value, str) else ""


def from_json(data):
    """The value that some JSON spells; ValueError for bytes that are none, and for lists in lists without end."""
    if depth(data) > DEEPEST:
        raise ValueError("the JSON is nested too deep")
    return json.loads(data.decode())


def depth(data):
    """How deep brackets lie in brackets, those in strings aside."""
    deepest = here = 0
    for byte in re.findall(rb"[\[\]{}]", STRING.sub(b"", data)):
        here += 1 if byte in b"[{" else -1
        deepest = max(deepest, here)
    return deepest
