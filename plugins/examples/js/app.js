// A channel for a chat service called Parrot: it posts messages to us, and takes answers at its API.

import config from "saker:plugin/config@0.1.0";
import secrets from "saker:plugin/secrets@0.1.0";
import { fromHex, fromJson, text } from "./sdk/bytes.js";
import { good, header, json, write } from "./sdk/calls.js";
import { calmly, fault } from "./sdk/faults.js";

/** @type {import("saker:plugin/descriptor@0.1.0").Descriptor} */
export const descriptor = {
  describe: () => ({
    id: "com.example.parrot",
    name: "Parrot",
    version: "0.1.0", // As in plugin.toml.
    summary: "Messages from Parrot, and answers to it.",
    configSchema: "{}",
    features: [],
    maxBodyBytes: null,
    maxAttachmentBytes: null,
  }),
};

// An error that nobody catches ends the call without a word. A message that came in is better tried again, when the code
// is mended; one that goes out may be on its way already, so a person should look.
/** @type {import("saker:plugin/inbound@0.1.0").Inbound} */
export const inbound = { handleWebhook: calmly(retryable, handleWebhook) };
/** @type {import("saker:plugin/outbound@0.1.0").Outbound} */
export const outbound = { send: calmly(permanent, send), lookup: calmly(permanent, lookup) };

/**
 * One call by Parrot: `{"id", "chat", "user", "name", "text"}`, signed in `x-parrot-signature`.
 * @type {import("saker:plugin/inbound@0.1.0").Inbound["handleWebhook"]}
 */
function handleWebhook(req) {
  checkSignature(req);
  const call = parsed(req.body);
  const field = (name) => text(call?.[name]);
  if (!field("id") || !field("text")) throw rejected("a message has an id and a text");
  /** @type {import("saker:plugin/types@0.1.0").InboundMessage} */
  const message = {
    externalId: field("id"), // With the account, this is how the host knows that it has seen a message before.
    sentAt: null,
    thread: { conversation: field("chat"), inReplyTo: null, references: [], replyToken: null },
    sender: { address: field("user"), displayName: field("name"), role: "customer", attrs: [] },
    recipients: [],
    subject: null,
    bodies: [{ format: "plain", text: field("text") }],
    attachments: [],
    locale: null,
    attrs: [],
  };
  return {
    batch: { messages: [message], updates: [] },
    reply: { status: 200, headers: [], body: new Uint8Array() },
  };
}

/** @type {import("saker:plugin/outbound@0.1.0").Outbound["send"]} */
function send(msg) {
  const thread = msg.thread;
  if (!thread) throw permanent("there is no chat to answer in");
  const words = msg.bodies[0]?.text ?? "";
  const greeting = config.get("greeting") ?? "";
  const body = { chat: thread.conversation, text: greeting + words, key: msg.idempotencyKey };
  const answer = write({
    method: "post",
    url: "https://api.parrot.example/v1/messages",
    headers: [
      header("content-type", "application/json"),
      header("authorization", "Bearer {{secret:token}}"), // Filled in by the host.
    ],
    body: json(body),
  });
  const externalId = sentId(good("Parrot", answer)) ?? msg.idempotencyKey;
  return { externalId, state: "sent", thread, duplicate: false, attrs: [] };
}

/**
 * Parrot can't be asked whether it has seen a key; a person then decides.
 * @returns {never}
 */
function lookup() {
  throw { tag: "unsupported" };
}

function checkSignature(req) {
  const given = req.headers.find(({ name }) => name.toLowerCase() === "x-parrot-signature");
  const mac = given && fromHex(given.value);
  if (!mac) throw rejected("the call is not signed");
  let isSigned;
  try {
    isSigned = secrets.verifyHmacSha256("signing-key", req.body, mac);
  } catch (why) {
    throw fault("config", "parrot", String(why.payload ?? why));
  }
  if (!isSigned) throw rejected("the signature is wrong");
}

function parsed(body) {
  try {
    return fromJson(body);
  } catch (why) {
    throw rejected(why.message);
  }
}

/** What Parrot calls a message that it took. That it took it is certain, whatever it says. */
function sentId(answer) {
  try {
    return text(fromJson(answer.body).id) || null;
  } catch {
    return null;
  }
}

function rejected(message) {
  return fault("rejected", "parrot", message);
}

function permanent(message) {
  return fault("permanent", "parrot", message);
}

function retryable(message) {
  return fault("retryable", "parrot", message);
}
