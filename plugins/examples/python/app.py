"""A channel for a chat service called Parrot: it posts messages to us, and takes answers at its API."""

import json

import wit_world.exports
from componentize_py_types import Err
from sdk import calls, faults
from sdk.faults import calmly
from sdk.text import from_json, text
from wit_world.exports import descriptor, inbound, outbound
from wit_world.imports import config, secrets, types


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
    @calmly(faults.retryable)
    def handle_webhook(self, req):
        """One call by Parrot: `{"id", "chat", "user", "name", "text"}`, signed in `x-parrot-signature`."""
        check_signature(req)
        call = parsed(req.body)

        def field(name):
            return text(call.get(name)) if isinstance(call, dict) else ""

        if not field("id") or not field("text"):
            raise faults.rejected("parrot", "a message has an id and a text")
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
    @calmly(faults.permanent)
    def send(self, msg):
        if msg.thread is None:
            raise faults.permanent("parrot", "there is no chat to answer in")
        words = msg.bodies[0].text if msg.bodies else ""
        greeting = config.get("greeting") or ""
        body = {"chat": msg.thread.conversation, "text": greeting + words, "key": msg.idempotency_key}
        answer = calls.write(
            calls.request(
                "https://api.parrot.example/v1/messages",
                [
                    calls.header("content-type", "application/json"),
                    calls.header("authorization", "Bearer {{secret:token}}"),  # Filled in by the host.
                ],
                calls.POST,
                types.HttpBody_Bytes(json.dumps(body).encode()),
            )
        )
        return outbound.Receipt(
            external_id=sent_id(calls.good("Parrot", answer)) or msg.idempotency_key,
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
        raise faults.rejected("parrot", "the call is not signed")
    try:
        good = secrets.verify_hmac_sha256("signing-key", req.body, mac)
    except Err as why:
        raise faults.config("parrot", str(why.value)) from None
    if not good:
        raise faults.rejected("parrot", "the signature is wrong")


def parsed(body):
    try:
        return from_json(body)
    except ValueError as why:
        raise faults.rejected("parrot", str(why)) from None


def sent_id(answer):
    """What Parrot calls a message that it took. That it took it is certain, whatever it says."""
    try:
        return text(from_json(answer.body)["id"])
    except (ValueError, KeyError, TypeError):
        return ""
