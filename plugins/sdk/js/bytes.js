// The engine is the language alone, without TextEncoder and its kin.

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));
const NUMBER = new Map(HEX.map((hex, byte) => [hex, byte]));

/** How deep a value may lie: the sandbox's stack ends somewhere behind, and the call with it. */
const DEEPEST = 100;

/**
 * The value that some JSON spells; throws for bytes that are none, and for lists in lists without end.
 * @param {Uint8Array} bytes
 * @returns {any}
 */
export function fromJson(bytes) {
  if (depth(bytes) > DEEPEST) throw new SyntaxError("the JSON is nested too deep");
  return JSON.parse(fromUtf8(bytes));
}

/**
 * Text and nothing else. JSON can spell half characters, which end the call where they cross to the host.
 * @param {unknown} value
 */
export function text(value) {
  return typeof value === "string" ? value.toWellFormed() : "";
}

/**
 * How deep brackets lie in brackets, those in strings aside.
 * @param {Uint8Array} bytes
 */
function depth(bytes) {
  const [quote, escape, list, listEnd, object, objectEnd] = toUtf8('"\\[]{}');
  let [deepest, here, quoted] = [0, 0, false];
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte === quote) quoted = !quoted;
    else if (quoted) at += byte === escape ? 1 : 0;
    else if (byte === list || byte === object) deepest = Math.max(deepest, (here += 1));
    else if (byte === listEnd || byte === objectEnd) here -= 1;
  }
  return deepest;
}

/**
 * The text that some UTF-8 spells; throws for bytes that are none.
 * @param {Uint8Array} bytes
 */
export function fromUtf8(bytes) {
  let escaped = "";
  for (const byte of bytes) escaped += `%${HEX[byte]}`;
  return decodeURIComponent(escaped);
}

/** @param {string} text */
export function toUtf8(text) {
  const escaped = encodeURIComponent(text.toWellFormed());
  const bytes = [];
  for (let at = 0; at < escaped.length; at += 1) {
    if (escaped[at] === "%") {
      bytes.push(NUMBER.get(escaped.slice(at + 1, at + 3).toLowerCase()));
      at += 2;
    } else {
      bytes.push(escaped.charCodeAt(at));
    }
  }
  return new Uint8Array(bytes);
}

/**
 * The bytes that some hex digits spell; null where these are none.
 * @param {Uint8Array} digits
 */
export function fromHex(digits) {
  const text = String.fromCharCode(...digits.slice(0, 1024)).toLowerCase();
  const pairs = text.match(/../gs) ?? [];
  const bytes = pairs.map((pair) => NUMBER.get(pair) ?? -1);
  return text.length % 2 || digits.length > 1024 || bytes.includes(-1) ? null : new Uint8Array(bytes);
}
