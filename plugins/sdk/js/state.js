// The account's memory, as JSON. For worlds that have state, and plugins whose plugin.toml has [state].

import state from "saker:plugin/state@0.1.0";
import { fromJson, toUtf8 } from "./bytes.js";

/**
 * What is kept under a name; null where nothing is. Throws where nobody can say.
 * @param {string} name
 * @returns {any}
 */
export function recall(name) {
  const kept = state.get(name);
  return kept && fromJson(kept.value);
}

/**
 * Keeps a value, for some seconds or for good. Throws where there is no room.
 * @param {string} name
 * @param {unknown} value
 * @param {number | null} seconds
 */
export function remember(name, value, seconds = null) {
  state.put(name, toUtf8(JSON.stringify(value)), { tag: "any" }, seconds);
}

/** @param {string} name */
export function forget(name) {
  state.delete(name, { tag: "any" });
}
