// Hears it when a customer writes again and again and nobody answers: after so many messages the request gets a tag, a priority
// and a comment. A rule in Saker sees one event at a time; this counts.

import config from "saker:plugin/config@0.1.0";
import state from "saker:plugin/state@0.1.0";
import { fromUtf8, toUtf8 } from "./sdk/bytes.js";
import { calmly, fault } from "./sdk/faults.js";

/** How long it is known who waits, in seconds: thirty days. */
const KEPT_S = 2_592_000;

/** @type {import("saker:plugin/descriptor@0.1.0").Descriptor} */
export const descriptor = {
  describe: () => ({
    id: "com.example.doorbell",
    name: "Doorbell",
    version: "0.1.0", // As in plugin.toml.
    summary: "Marks requests whose customers write again and again without an answer.",
    configSchema: "{}",
    features: [],
    maxBodyBytes: null,
    maxAttachmentBytes: null,
  }),
};

/** @type {import("saker:plugin/automation@0.1.0").Automation} */
export const automation = { onEvent: calmly(permanent, onEvent) };

/**
 * Called for every event on every request, but for what plugins did themselves. What it gives back is done under this plugin's
 * name: all of it, or nothing.
 * @type {import("saker:plugin/automation@0.1.0").Automation["onEvent"]}
 */
function onEvent(e) {
  const name = `waiting/${e.ticket.number}`;
  if (e.kind === "replied" || e.kind === "closed") {
    kept(() => state.delete(name, { tag: "any" }));
    return [];
  }
  const times = Number(setting("times"));
  if (!times || !isFromCustomer(e)) return [];
  const before = kept(() => state.get(name));
  const rings = before ? fromUtf8(before.value).split(" ") : [];
  // An event may come twice: it counts once, and is answered as it was before.
  if (rings.length < times && !rings.includes(e.id)) {
    rings.push(e.id);
    // Two may come at once: who writes second is called again, and counts both.
    /** @type {import("saker:plugin/state@0.1.0").Expect} */
    const expect = before ? { tag: "etag", val: before.etag } : { tag: "absent" };
    kept(() => state.put(name, toUtf8(rings.join(" ")), expect, KEPT_S));
  }
  return rings.indexOf(e.id) === times - 1 ? proposals(times) : [];
}

function isFromCustomer(e) {
  const by = e.data.find(([name]) => name === "actor-kind")?.[1];
  return e.kind === "enquiry-received" || (e.kind === "ticket-opened" && by !== "agent");
}

/**
 * What is left empty in the settings is not proposed. What else can be stands in README.md.
 * @returns {import("saker:plugin/automation@0.1.0").Action[]}
 */
function proposals(times) {
  /** @type {[string, string, string][]} */
  const all = [
    ["add-tag", "tag", setting("tag")],
    ["set-priority", "priority", setting("priority")],
    ["comment", "text", setting("comment").replaceAll("{times}", `${times}`)],
  ];
  return all.filter(([, , value]) => value !== "").map(([kind, name, value]) => ({ kind, args: [[name, value]] }));
}

/** What the memory says, with its errors in the contract's words. */
function kept(work) {
  try {
    return work();
  } catch (why) {
    const error = why.payload?.tag;
    if (error === "conflict" || error === "unavailable") throw fault("retryable", "not-now", "the memory can't now");
    if (error) throw permanent("there is no room in the memory");
    throw why;
  }
}

function setting(name) {
  return (config.get(name) ?? "").trim();
}

function permanent(message) {
  return fault("permanent", "doorbell", message);
}
