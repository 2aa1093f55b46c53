// What goes wrong, in the contract's words. A tag says what comes next: `plugin-error` in wit/types.wit.

import log from "saker:plugin/log@0.1.0";

/** @typedef {import("saker:plugin/types@0.1.0").PluginError} PluginError */

/**
 * An error of the contract, to be thrown. `code` is short and for machines, `message` one sentence for people.
 * @param {Exclude<PluginError["tag"], "unsupported">} tag
 * @param {string} code
 * @param {string} message
 * @param {{ remoteStatus?: number | null, retryAfterMs?: number | null }} more
 * @returns {PluginError}
 */
export function fault(tag, code, message, more = {}) {
  return { tag, val: { code, message, remoteStatus: null, retryAfterMs: null, ...more } };
}

/**
 * What a remote's status says by itself, for remotes that say no more. `who` is their name.
 * @param {string} who
 * @param {number} status
 */
export function refusal(who, status) {
  const more = { remoteStatus: status };
  if (status === 401 || status === 403) return fault("auth", "refused", `${who} does not know the token`, more);
  if (status === 429) return fault("rate-limited", "too-fast", `${who} wants it slower`, more);
  if (status === 408 || status >= 500) return fault("retryable", "busy", `${who} can't now`, more);
  return fault("permanent", "refused", `${who} does not want it`, more);
}

/**
 * `work`, with every error that is none of the contract's made one by `otherwise`: an `Error` that reaches the edge ends the
 * call without a word.
 * @template {unknown[]} I
 * @template O
 * @param {(message: string) => PluginError} otherwise
 * @param {(...input: I) => O} work
 * @returns {(...input: I) => O}
 */
export function calmly(otherwise, work) {
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
