// A channel for a chat service called Bottle, which calls nobody: it is asked every ten seconds what is new. Files come in and go out,
// and what was sent is remembered, so that nothing is sent twice.

import config from "saker:plugin/config@0.1.0";
import { bodyOf, bytesOf, stored, writeAll } from "./sdk/blobs.js";
import { fromJson, fromUtf8, text, toUtf8 } from "./sdk/bytes.js";
import { fetchFile, good, header, json, read, write } from "./sdk/calls.js";
import { calmly, fault } from "./sdk/faults.js";
import { recall, remember } from "./sdk/state.js";

/** Messages of one look: each may bring files, and a call may make as many requests as plugin.toml says. */
const MOST = 20;
/** Files of a message that are fetched. */
const MOST_FILES = 4;
/** Letters of a message. What is longer comes as a file, with its beginning as the message. */
const LONGEST = 4_000;
/** Bytes of a text file that goes into the message itself: Bottle shows none. */
const SHORT = 2_000;
/** How long it is known what was sent, in seconds: a week. Saker gives up after two days. */
const KEPT_S = 604_800;

/** @type {import("saker:plugin/descriptor@0.1.0").Descriptor} */
export const descriptor = {
  describe: () => ({
    id: "com.example.bottle",
    name: "Bottle",
    version: "0.1.0", // As in plugin.toml.
    summary: "Messages from Bottle, and answers to it.",
    configSchema: "{}",
    features: ["attachments"],
    maxBodyBytes: LONGEST,
    maxAttachmentBytes: 10 << 20,
  }),
};

/** @type {import("saker:plugin/setup@0.1.0").Setup} */
export const setup = { check: calmly(permanent, check), connect: calmly(permanent, connect), disconnect: () => {} };

// A look that fails is made again from where the last one ended. What goes out may be on its way already, so a person should
// look.
/** @type {import("saker:plugin/poller@0.1.0").Poller} */
export const poller = { poll: calmly(retryable, poll) };
/** @type {import("saker:plugin/outbound@0.1.0").Outbound} */
export const outbound = { send: calmly(permanent, send), lookup: calmly(permanent, lookup) };

/** Asked whenever somebody saves an account: does the key work? */
function check() {
  whoami();
}

/**
 * Bottle need not be told anything; the administrator sees whose account it is.
 * @type {import("saker:plugin/setup@0.1.0").Setup["connect"]}
 */
function connect() {
  return [["account", whoami()]];
}

function whoami() {
  return text(fromJson(asked("/v1/me").body)?.name);
}

/**
 * Looks for what came after `cursor`, which is Bottle's word for where the last look ended. It is kept in the same moment as the
 * messages, so that none is lost and none comes twice. The first look has none, and finds out where "from now on" begins.
 * @type {import("saker:plugin/poller@0.1.0").Poller["poll"]}
 */
function poll(cursor, maxMessages) {
  const most = Math.min(maxMessages, MOST);
  const query = cursor === null ? "limit=0" : `after=${encodeURIComponent(cursor)}&limit=${most}`;
  const page = fromJson(asked(`/v1/messages?${query}`).body);
  const messages = cursor === null || !Array.isArray(page?.messages) ? [] : page.messages.filter(isMessage).map(taken);
  return {
    batch: { messages, updates: [] },
    nextCursor: text(page?.next) || (cursor ?? ""),
    more: page?.more === true && messages.length > 0,
    pollAfterMs: null,
  };
}

function isMessage(said) {
  return text(said?.id) !== "" && text(said?.chat) !== "";
}

/**
 * One of Bottle's messages: `{"id", "chat", "user", "name", "email", "text", "sent", "files": [{"id", "name", "type"}]}`.
 * @returns {import("saker:plugin/types@0.1.0").InboundMessage}
 */
function taken(said) {
  const whole = text(said.text);
  const words = [[...whole].slice(0, LONGEST).join("")];
  const attachments = [];
  if (words[0] !== whole) {
    attachments.push(stored(writeAll(toUtf8(whole), "text/plain", "message.txt"), "text/plain", "message.txt"));
  }
  const files = Array.isArray(said.files) ? said.files.filter((file) => text(file?.id)) : [];
  files.forEach((file, at) => {
    const there = at < MOST_FILES ? fetched(file) : null;
    if (there) attachments.push(there);
    else words.push(`[The file could not be fetched: ${text(file.name) || "file"}]`);
  });
  return {
    externalId: text(said.id), // With the account, this is how Saker knows that it has seen a message before.
    sentAt: Number.isSafeInteger(said.sent) && said.sent > 0 ? said.sent : null,
    thread: { conversation: text(said.chat), inReplyTo: null, references: [], replyToken: null },
    sender: {
      address: text(said.user),
      displayName: text(said.name) || null,
      role: "customer",
      attrs: text(said.email) ? [["email", text(said.email)]] : [], // People are found by it.
    },
    recipients: [],
    subject: null,
    bodies: [{ format: "plain", text: words.join("\n").trim() }],
    attachments,
    locale: null,
    attrs: [],
  };
}

/**
 * A file goes from Bottle to Saker; its bytes never come in here. Null for one that will never come: what may come later fails
 * the look, which is made again.
 */
function fetched(file) {
  const mime = text(file.type) || "application/octet-stream";
  const url = `${server()}/v1/files/${encodeURIComponent(text(file.id))}`;
  try {
    return stored(fetchFile("Bottle", { url, headers: [key()] }), mime, text(file.name) || null);
  } catch (why) {
    if (why?.tag !== "permanent") throw why;
    return null;
  }
}

/** @type {import("saker:plugin/outbound@0.1.0").Outbound["send"]} */
function send(msg) {
  const thread = msg.thread;
  if (!thread) throw permanent("there is no chat to answer in");
  const before = sent(msg.idempotencyKey);
  if (before) return receipt(before.name, thread, true);
  const isShort = (file) => file.mime.startsWith("text/plain") && (file.size ?? SHORT + 1) <= SHORT;
  const words = [msg.bodies[0]?.text ?? "", ...msg.attachments.filter(isShort).map((file) => fromUtf8(bytesOf(file)))];
  // A file that was handed over and belongs to no message is thrown away by Bottle, so this may be done again.
  const files = msg.attachments.filter((file) => !isShort(file)).map(handedOver);
  const answer = write({
    method: "post",
    url: `${server()}/v1/messages`,
    headers: [key(), header("content-type", "application/json")],
    body: json({ chat: thread.conversation, text: words.join("\n\n"), files, key: msg.idempotencyKey }),
  });
  const name = nameIn(good("Bottle", answer)) || msg.idempotencyKey;
  try {
    remember(`sent/${msg.idempotencyKey}`, { name, chat: thread.conversation }, KEPT_S);
  } catch {
    // It has left; that nobody will remember is no reason to say otherwise.
  }
  return receipt(name, thread, false);
}

/** Bottle's name for a file that it took. */
function handedOver(file) {
  const answer = read({
    method: "post",
    url: `${server()}/v1/files?name=${encodeURIComponent(file.filename ?? "file")}`,
    headers: [key(), header("content-type", file.mime)],
    body: bodyOf(file),
  });
  return nameIn(good("Bottle", answer));
}

/** What Bottle calls what it took. That it took it is certain, whatever it says. */
function nameIn(answer) {
  try {
    return text(fromJson(answer.body)?.id);
  } catch {
    return "";
  }
}

/** What was sent under a key, and where; null where that is not known. */
function sent(idempotencyKey) {
  try {
    return recall(`sent/${idempotencyKey}`);
  } catch {
    return null;
  }
}

/**
 * Asked after a `send` that ended without an answer: what is remembered was sent, and of all else nobody knows.
 * @type {import("saker:plugin/outbound@0.1.0").Outbound["lookup"]}
 */
function lookup(idempotencyKey) {
  const kept = sent(idempotencyKey);
  if (!kept) throw { tag: "unsupported" };
  const thread = { conversation: kept.chat, inReplyTo: null, references: [], replyToken: null };
  return receipt(kept.name, thread, true);
}

/** @returns {import("saker:plugin/outbound@0.1.0").Receipt} */
function receipt(externalId, thread, duplicate) {
  return { externalId, state: "sent", thread, duplicate, attrs: [] };
}

/** Bottle's answer to a question, where it is a yes. */
function asked(path) {
  return good("Bottle", read({ url: server() + path, headers: [key()] }));
}

/** Where Bottle is: many run their own. */
function server() {
  const address = config.get("server");
  if (!address) throw fault("config", "setting-missing", "server: Where is Bottle?");
  return address.replace(/\/$/, "");
}

function key() {
  return header("authorization", "Bearer {{secret:token}}");
}

function permanent(message) {
  return fault("permanent", "bottle", message);
}

function retryable(message) {
  return fault("retryable", "bottle", message);
}
