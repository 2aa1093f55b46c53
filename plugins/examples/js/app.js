// A channel for a chat service called Parrot: it posts messages to us, and takes answers at its API.

import config from "saker:plugin/config@0.1.0";
import http from "saker:plugin/http@0.1.0";
import log from "saker:plugin/log@0.1.0";
import secrets from "saker:plugin/secrets@0.1.0";
import { fromHex, fromJson, toUtf8 } from "./bytes.js";

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
export const inbound = { handleWebhook: calmly(retryable, handleWebhook) };
export const outbound = { send: calmly(permanent, send), lookup: calmly(permanent, lookup) };

/** One call by Parrot: `{"id", "chat", "user", "name", "text"}`, signed in `x-parrot-signature`. */
function handleWebhook(req) {
  checkSignature(req);
  const call = parsed(req.body);
  const field = (name) => text(call?.[name]);
  if (!field("id") || !field("text")) throw rejected("a message has an id and a text");
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

function send(msg) {
  const thread = msg.thread;
  if (!thread) throw permanent("there is no chat to answer in");
  const words = msg.bodies[0]?.text ?? "";
  const greeting = config.get("greeting") ?? "";
  const body = { chat: thread.conversation, text: greeting + words, key: msg.idempotencyKey };
  const answer = fetched({
    method: "post",
    url: "https://api.parrot.example/v1/messages",
    headers: [
      header("content-type", "application/json"),
      header("authorization", "Bearer {{secret:token}}"), // Filled in by the host.
    ],
    body: { tag: "bytes", val: toUtf8(JSON.stringify(body)) },
    timeoutMs: null,
  });
  const { status } = answer;
  if (status === 401 || status === 403) throw error("auth", "Parrot does not know the token", status);
  if (status === 429) throw error("rate-limited", "Parrot wants it slower", status);
  if (status >= 500) throw error("retryable", "Parrot can't now", status);
  if (status < 200 || status >= 300) throw error("permanent", "Parrot does not want it", status);
  return { externalId: sentId(answer) ?? msg.idempotencyKey, state: "sent", thread, duplicate: false, attrs: [] };
}

/** Parrot can't be asked whether it has seen a key; a person then decides. */
function lookup() {
  throw { tag: "unsupported" };
}

function checkSignature(req) {
  const given = req.headers.find(({ name }) => name.toLowerCase() === "x-parrot-signature");
  const mac = given && fromHex(given.value);
  if (!mac) throw rejected("the call is not signed");
  let good;
  try {
    good = secrets.verifyHmacSha256("signing-key", req.body, mac);
  } catch (why) {
    throw error("config", String(why.payload ?? why));
  }
  if (!good) throw rejected("the signature is wrong");
}

function fetched(request) {
  try {
    return http.fetch(request);
  } catch {
    throw retryable("Parrot was not reached");
  }
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

/** Text and nothing else. JSON can spell half characters, which end the call where they cross to the host. */
function text(value) {
  return typeof value === "string" ? value.toWellFormed() : "";
}

function header(name, value) {
  return { name, value: toUtf8(value) };
}

/** An error of the contract; its tag says what comes next. */
function error(tag, message, remoteStatus = null) {
  return { tag, val: { code: "parrot", message, remoteStatus, retryAfterMs: null } };
}

function rejected(message) {
  return error("rejected", message);
}

function permanent(message) {
  return error("permanent", message);
}

function retryable(message) {
  return error("retryable", message);
}

/** `work`, with every error that is none of the contract's made one. */
function calmly(otherwise, work) {
  return (...input) => {
    try {
      return work(...input);
    } catch (why) {
      if (why?.tag) throw why;
      log.log("error", `${why}\n${why?.stack ?? ""}`, []);
      throw otherwise(`the code is at fault: ${why}`);
    }
  };
}
