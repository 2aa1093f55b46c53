// Requests to a remote. For worlds that have http.

import http from "saker:plugin/http@0.1.0";
import { toUtf8 } from "./bytes.js";
import { fault, refusal } from "./faults.js";

/**
 * @typedef {import("saker:plugin/types@0.1.0").HttpRequest} HttpRequest
 * @typedef {Partial<HttpRequest> & { url: string }} Call What is left out is a GET without a body.
 */

/**
 * A field of a request; `{{secret:NAME}}` in it is filled in by the host.
 * @param {string} name
 * @param {string} value
 */
export function header(name, value) {
  return { name, value: toUtf8(value) };
}

/**
 * JSON as a request's body; it needs the header content-type as well.
 * @param {unknown} value
 * @returns {HttpRequest["body"]}
 */
export function json(value) {
  return { tag: "bytes", val: toUtf8(JSON.stringify(value)) };
}

/**
 * Makes a request that does no harm when it is made again. Its answer may be a no; `good` throws for that.
 * @param {Call} call
 */
export function read(call) {
  return asked(() => http.fetch(whole(call)), false);
}

/**
 * Makes a request that must have its effect once: where nobody knows whether it had, Saker asks `lookup`.
 * @param {Call} call
 */
export function write(call) {
  const answer = asked(() => http.fetch(whole(call)), true);
  // It broke off behind whoever took it.
  if ([408, 500, 502, 504].includes(answer.status)) throw unclear();
  return answer;
}

/**
 * Fetches a file without its bytes coming in here; its name, for `stored`.
 * @param {string} who The remote's name.
 * @param {Call} call
 */
export function fetchFile(who, call) {
  const [status, id] = asked(() => http.fetchToBlob(whole(call)), false);
  if (status < 200 || status >= 300) throw refusal(who, status);
  return id;
}

/**
 * An answer that is a yes; throws what its status says for any other.
 * @param {string} who The remote's name.
 * @param {import("saker:plugin/types@0.1.0").HttpResponse} answer
 */
export function good(who, answer) {
  if (answer.status < 200 || answer.status >= 300) throw refusal(who, answer.status);
  return answer;
}

/**
 * @param {Call} call
 * @returns {HttpRequest}
 */
function whole(call) {
  return { method: "get", headers: [], body: { tag: "empty" }, timeoutMs: null, ...call };
}

function unclear() {
  return fault("retryable", "unclear", "no answer came after it had been sent: it may have arrived");
}

/**
 * @template T
 * @param {() => T} work
 * @param {boolean} once
 */
function asked(work, once) {
  try {
    return work();
  } catch (why) {
    /** @type {import("saker:plugin/http@0.1.0").HttpError | undefined} */
    const error = why.payload;
    switch (error?.tag) {
      case "denied":
      case "invalid":
        throw fault("config", "not-allowed", error.val);
      case "too-large":
        throw fault("permanent", "too-large", "what the other side answers is too large");
      case "timeout":
      case "other":
        if (once) throw unclear();
    }
    throw fault("retryable", "not-reached", "the other side was not reached");
  }
}
