"""A channel for a chat service called Bottle, which calls nobody: it is asked every ten seconds what is new.

Files come in and go out, and what was sent is remembered, so that nothing is sent twice.
"""

import json
from urllib.parse import quote

import wit_world.exports
from componentize_py_types import Err
from sdk import blobs, calls, faults, state
from sdk.faults import calmly
from sdk.text import from_json, text
from wit_world.exports import descriptor, outbound, poller
from wit_world.imports import config, types

MOST = 20
"""Messages of one look: each may bring files, and a call may make as many requests as plugin.toml says."""
MOST_FILES = 4
"""Files of a message that are fetched."""
LONGEST = 4_000
"""Letters of a message. What is longer comes as a file, with its beginning as the message."""
SHORT = 2_000
"""Bytes of a text file that goes into the message itself: Bottle shows none."""
KEPT_S = 604_800
"""How long it is known what was sent, in seconds: a week. Saker gives up after two days."""


class Descriptor(wit_world.exports.Descriptor):
    def describe(self):
        return descriptor.Description(
            id="com.example.bottle",
            name="Bottle",
            version="0.1.0",  # As in plugin.toml.
            summary="Messages from Bottle, and answers to it.",
            config_schema="{}",
            features=["attachments"],
            max_body_bytes=LONGEST,
            max_attachment_bytes=10 << 20,
        )


class Setup(wit_world.exports.Setup):
    @calmly(faults.permanent)
    def check(self):
        """Asked whenever somebody saves an account: does the key work?"""
        whoami()

    @calmly(faults.permanent)
    def connect(self, hook_url):
        """Bottle need not be told anything; the administrator sees whose account it is."""
        return [("account", whoami())]

    def disconnect(self):
        pass


class Poller(wit_world.exports.Poller):
    # A look that fails is made again from where the last one ended.
    @calmly(faults.retryable)
    def poll(self, cursor, max_messages):
        """Looks for what came after `cursor`, which is Bottle's word for where the last look ended.

        It is kept in the same moment as the messages, so that none is lost and none comes twice. The first look has none, and
        finds out where "from now on" begins.
        """
        most = min(max_messages, MOST)
        query = "limit=0" if cursor is None else f"after={quote(cursor, safe='')}&limit={most}"
        page = fields(from_json(asked(f"/v1/messages?{query}").body))
        found = [] if cursor is None else [fields(said) for said in items(page.get("messages"))]
        messages = [taken(said) for said in found if text(said.get("id")) and text(said.get("chat"))]
        return poller.Page(
            batch=types.Batch(messages, updates=[]),
            next_cursor=text(page.get("next")) or cursor or "",
            more=page.get("more") is True and len(messages) > 0,
            poll_after_ms=None,
        )


class Outbound(wit_world.exports.Outbound):
    # What goes out may be on its way already, so a person should look.
    @calmly(faults.permanent)
    def send(self, msg):
        if msg.thread is None:
            raise faults.permanent("bottle", "there is no chat to answer in")
        before = sent(msg.idempotency_key)
        if before:
            return receipt(before["name"], msg.thread, duplicate=True)
        words = [msg.bodies[0].text if msg.bodies else ""]
        words += [blobs.bytes_of(file).decode(errors="replace") for file in msg.attachments if is_short(file)]
        # A file that was handed over and belongs to no message is thrown away by Bottle, so this may be done again.
        files = [handed_over(file) for file in msg.attachments if not is_short(file)]
        body = {
            "chat": msg.thread.conversation,
            "text": "\n\n".join(words),
            "files": files,
            "key": msg.idempotency_key,
        }
        answer = calls.write(
            calls.request(
                f"{server()}/v1/messages",
                [key(), calls.header("content-type", "application/json")],
                calls.POST,
                types.HttpBody_Bytes(json.dumps(body).encode()),
            )
        )
        name = name_in(calls.good("Bottle", answer)) or msg.idempotency_key
        try:
            state.remember(f"sent/{msg.idempotency_key}", {"name": name, "chat": msg.thread.conversation}, KEPT_S)
        except Err:
            pass  # It has left; that nobody will remember is no reason to say otherwise.
        return receipt(name, msg.thread, duplicate=False)

    @calmly(faults.permanent)
    def lookup(self, idempotency_key):
        """Asked after a `send` that ended without an answer: what is remembered was sent, and of all else nobody knows."""
        kept = sent(idempotency_key)
        if kept is None:
            raise Err(types.PluginError_Unsupported())
        return receipt(kept["name"], types.ThreadRef(kept["chat"], None, [], None), duplicate=True)


def whoami():
    return text(fields(from_json(asked("/v1/me").body)).get("name"))


def taken(said):
    """One of Bottle's messages: `{"id", "chat", "user", "name", "email", "text", "sent", "files": [{"id", "name", "type"}]}`."""
    whole = text(said.get("text"))
    words = [whole[:LONGEST]]
    attachments = []
    if words[0] != whole:
        blob = blobs.write_all(whole.encode(), "text/plain", "message.txt")
        attachments.append(blobs.stored(blob, "text/plain", "message.txt"))
    files = [fields(file) for file in items(said.get("files"))]
    for at, file in enumerate(file for file in files if text(file.get("id"))):
        there = fetched(file) if at < MOST_FILES else None
        if there:
            attachments.append(there)
        else:
            words.append(f"[The file could not be fetched: {text(file.get('name')) or 'file'}]")
    at, email = said.get("sent"), text(said.get("email"))
    return types.InboundMessage(
        external_id=text(said["id"]),  # With the account, this is how Saker knows that it has seen a message before.
        sent_at=float(at) if type(at) is int and 0 < at < 1 << 53 else None,
        thread=types.ThreadRef(text(said["chat"]), in_reply_to=None, references=[], reply_token=None),
        sender=types.Party(
            address=text(said.get("user")),
            display_name=text(said.get("name")) or None,
            role=types.Role.CUSTOMER,
            attrs=[("email", email)] if email else [],  # People are found by it.
        ),
        recipients=[],
        subject=None,
        bodies=[types.MessageBody(types.BodyFormat.PLAIN, "\n".join(words).strip())],
        attachments=attachments,
        locale=None,
        attrs=[],
    )


def fetched(file):
    """A file goes from Bottle to Saker; its bytes never come in here.

    None for one that will never come: what may come later fails the look, which is made again.
    """
    mime = text(file.get("type")) or "application/octet-stream"
    url = f"{server()}/v1/files/{quote(text(file['id']), safe='')}"
    try:
        return blobs.stored(calls.fetch_file("Bottle", calls.request(url, [key()])), mime, text(file.get("name")) or None)
    except Err as why:
        if not isinstance(why.value, types.PluginError_Permanent):
            raise
        return None


def handed_over(file):
    """Bottle's name for a file that it took."""
    answer = calls.read(
        calls.request(
            f"{server()}/v1/files?name={quote(file.filename or 'file', safe='')}",
            [key(), calls.header("content-type", file.mime)],
            calls.POST,
            blobs.body_of(file),
        )
    )
    return name_in(calls.good("Bottle", answer))


def is_short(file):
    return file.mime.startswith("text/plain") and file.size is not None and file.size <= SHORT


def sent(idempotency_key):
    """What was sent under a key, and where; None where that is not known."""
    try:
        return state.recall(f"sent/{idempotency_key}")
    except (Err, ValueError):
        return None


def receipt(name, thread, duplicate):
    return outbound.Receipt(name, types.DeliveryState.SENT, thread, duplicate, attrs=[])


def name_in(answer):
    """What Bottle calls what it took. That it took it is certain, whatever it says."""
    try:
        return text(fields(from_json(answer.body)).get("id"))
    except ValueError:
        return ""


def asked(path):
    """Bottle's answer to a question, where it is a yes."""
    return calls.good("Bottle", calls.read(calls.request(server() + path, [key()])))


def server():
    """Where Bottle is: many run their own."""
    address = config.get("server")
    if not address:
        raise faults.config("setting-missing", "server: Where is Bottle?")
    return address.removesuffix("/")


def key():
    return calls.header("authorization", "Bearer {{secret:token}}")


def fields(value):
    return value if isinstance(value, dict) else {}


def items(value):
    return value if isinstance(value, list) else []
