// Bytes that lie with the host, in pieces as large as it takes. For worlds that have blobs.

import blobs from "saker:plugin/blobs@0.1.0";

/** @typedef {import("saker:plugin/types@0.1.0").Attachment} Attachment */

/** Bytes of one piece. */
const PIECE = 1 << 20;

/**
 * All of a blob. It has to fit into the plugin's memory.
 * @param {string} id
 */
export function readAll(id) {
  const bytes = new Uint8Array(blobs.stat(id).size);
  for (let at = 0; at < bytes.length; ) {
    const piece = blobs.read(id, at, PIECE);
    if (piece.length === 0) break;
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

/**
 * Makes a blob; its name, which belongs to this call.
 * @param {Uint8Array} bytes
 * @param {string} mime
 * @param {string | null} filename
 */
export function writeAll(bytes, mime, filename = null) {
  const id = blobs.create(mime, filename);
  for (let at = 0; at < bytes.length; at += PIECE) blobs.append(id, bytes.slice(at, at + PIECE));
  blobs.seal(id);
  return id;
}

/**
 * A file of a message, of bytes that lie with the host.
 * @param {string} id
 * @param {string} mime
 * @param {string | null} filename
 * @returns {Attachment}
 */
export function stored(id, mime, filename) {
  return { filename, mime, size: null, contentId: null, body: { tag: "stored", val: id } };
}

/**
 * The bytes of a file that leaves. Saker hands over names of blobs; recorded calls may have the bytes themselves.
 * @param {Attachment} file
 */
export function bytesOf(file) {
  const { body } = file;
  if (body.tag === "inline") return body.val;
  return body.tag === "stored" ? readAll(body.val) : new Uint8Array();
}

/**
 * A file that leaves as a request's body, without its bytes coming in here.
 * @param {Attachment} file
 * @returns {import("saker:plugin/types@0.1.0").HttpBody}
 */
export function bodyOf(file) {
  return file.body.tag === "stored" ? { tag: "blob", val: file.body.val } : { tag: "bytes", val: bytesOf(file) };
}
