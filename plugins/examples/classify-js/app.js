// Says what a request seems to be about: a category whose name stands in the message, and a tag for what sounds urgent. Saker
// shows both as suggestions; nothing changes before somebody says yes.

import config from "saker:plugin/config@0.1.0";
import { calmly, fault } from "./sdk/faults.js";

/** @type {import("saker:plugin/descriptor@0.1.0").Descriptor} */
export const descriptor = {
  describe: () => ({
    id: "com.example.signpost",
    name: "Signpost",
    version: "0.1.0", // As in plugin.toml.
    summary: "Suggests a category that is named, and a tag for what is urgent.",
    configSchema: "{}",
    features: [],
    maxBodyBytes: null,
    maxAttachmentBytes: null,
  }),
};

/** @type {import("saker:plugin/classifier@0.1.0").Classifier} */
export const classifier = { classify: calmly((message) => fault("permanent", "signpost", message), classify) };

/**
 * `context` has each category, priority, type and tag that the desk has, by its name; Saker lets other labels be.
 * @type {import("saker:plugin/classifier@0.1.0").Classifier["classify"]}
 */
function classify(msg, context) {
  const title = spaced(msg.subject ?? "");
  const all = title + spaced(msg.bodies[0]?.text ?? "");
  // A name in the title says more than one in the text.
  const sure = (words) => (title.includes(spaced(words)) ? 0.8 : 0.6);
  const isThere = (words) => spaced(words).trim() !== "" && all.includes(spaced(words));
  const label = (name, value, words) => ({ name, value, confidence: sure(words), why: `“${words}”` });
  const labels = context
    .filter(([name, value]) => name === "category" && isThere(value))
    .map(([name, value]) => label(name, value, value));
  const urgent = setting("urgent").split(",").find(isThere);
  if (urgent && setting("tag")) labels.push(label("tag", setting("tag"), urgent.trim()));
  return labels;
}

function setting(name) {
  return (config.get(name) ?? "").trim();
}

/** Lower case, with one space for whatever is no letter and no digit and one at each end: so that whole words are found. */
function spaced(text) {
  return ` ${text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, " ").trim()} `;
}
