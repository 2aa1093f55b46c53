// Says what a company's own address book knows about whoever asks: what they do, where they sit, how to reach them. Saker shows
// it beside their name, and asks again after a day.

import clock from "saker:plugin/clock@0.1.0";
import config from "saker:plugin/config@0.1.0";
import { fromJson, text } from "./sdk/bytes.js";
import { good, header, read } from "./sdk/calls.js";
import { calmly, fault } from "./sdk/faults.js";

/** How long it holds what the book says, in milliseconds: a day. */
const HOLDS = 86_400_000;

/** @type {import("saker:plugin/descriptor@0.1.0").Descriptor} */
export const descriptor = {
  describe: () => ({
    id: "com.example.spyglass",
    name: "Spyglass",
    version: "0.1.0", // As in plugin.toml.
    summary: "Shows what the company's own address book knows about a person.",
    configSchema: "{}",
    features: [],
    maxBodyBytes: null,
    maxAttachmentBytes: null,
  }),
};

/** @type {import("saker:plugin/enricher@0.1.0").Enricher} */
export const enricher = { enrich: calmly(permanent, enrich) };

/**
 * The context of a call has the person's language, and their organisation and telephone number where these are known; this book
 * is asked by the address alone. Its answer is `{"title", "department", …}`, and 404 for whom it does not know.
 * @type {import("saker:plugin/enricher@0.1.0").Enricher["enrich"]}
 */
function enrich(who) {
  const address = who.address.trim().toLowerCase();
  if (!isOurs(address)) return [];
  const book = server();
  const url = `${book}/v1/people?email=${encodeURIComponent(address)}`;
  const answer = read({ url, headers: [header("authorization", "Bearer {{secret:token}}")] });
  // Not everybody stands in it.
  if (answer.status === 404) return [];
  const person = parsed(good("the address book", answer).body);
  const [source, expiresAt] = [book.replace(/^.*:\/\//, ""), clock.now() + HOLDS];
  return fields()
    .map(([field, key]) => ({ key, value: text(person?.[field]).trim(), source, expiresAt }))
    .filter((fact) => fact.value !== "");
}

/** Nobody's address leaves the house but those of its own domains. */
function isOurs(address) {
  const [domain, name] = address.split("@").reverse();
  const domains = setting("domains").toLowerCase().split(",");
  return Boolean(name && domain) && domains.some((ours) => ours.trim() === domain);
}

/** The book's fields that are shown, and what they are called: `department = Department`, a line each. */
function fields() {
  const lines = setting("fields").split("\n").map((line) => line.split("=").map((part) => part.trim()));
  return lines.filter((parts) => parts.length === 2 && parts.every((part) => part !== ""));
}

function parsed(body) {
  try {
    return fromJson(body);
  } catch {
    throw permanent("the address book's answer is no JSON");
  }
}

/** Where the book is: everybody has their own. */
function server() {
  const address = setting("server");
  if (!address) throw fault("config", "setting-missing", "server: Where is the address book?");
  return address.replace(/\/+$/, "");
}

function setting(name) {
  return (config.get(name) ?? "").trim();
}

function permanent(message) {
  return fault("permanent", "spyglass", message);
}
