// The contract of wit/ as types, so that an editor knows each field and `npx -p typescript tsc -p jsconfig.json` finds what is
// missing. It is no code and no part of the component. What the host offers is imported, what a plugin offers is exported:
//
//     import http from "saker:plugin/http@0.1.0";
//
//     /** @type {import("saker:plugin/poller@0.1.0").Poller} */
//     export const poller = { poll };

/** @type {import("saker:plugin/poller@0.1.0").Poller} */
//     export const poller = { poll };

/**
 * The words that both sides use. Plain data only: no resources, no streams, no 64-bit integers,
 * so that every value can be stored as JSON and replayed, in every language.
 *
 * Records and variants are closed: adding a field or a case makes old plugins unloadable.
 * What may grow travels in `attrs`, as a string, or in a new interface.
 */
declare module "saker:plugin/types@0.1.0" {
  /** Unix milliseconds. Integral; the host refuses NaN, infinity, fractions and negatives. */
  export type TimeMs = number;
  /** A name that the host gave for some bytes. Valid for this plugin in this call only. */
  export type BlobId = string;
  /** Named values, in order; a name may repeat. Unknown names are ignored by both sides. */
  export type Attrs = [string, string][];
  /** What went wrong, in words for a log and for an administrator. */
  export interface Failure {
    /** Stable and short, for machines: `bad-token`, `not-a-mail`. */
    code: string;
    /** One sentence for people, in English. */
    message: string;
    /** The remote's HTTP or SMTP status, where there was one. */
    remoteStatus: number | null;
    /** How long the remote asked us to wait. */
    retryAfterMs: number | null;
  }
  /** Why a call gave no result, and thereby what the host does next. */
  export type PluginError =
    /** Credentials are bad: the account is paused and an administrator told. */
    | { tag: "auth"; val: Failure }
    /** Settings are wrong: as `auth`, never tried again. */
    | { tag: "config"; val: Failure }
    /** The remote said no for ever: shown to the agent. */
    | { tag: "permanent"; val: Failure }
    /** Try again later; the host backs off, and `retry-after-ms` wins. */
    | { tag: "retryable"; val: Failure }
    /** The host slows the whole account down. */
    | { tag: "rate-limited"; val: Failure }
    /** The input is refused (a bad signature, bytes that are no message): nothing is stored from it. */
    | { tag: "rejected"; val: Failure }
    /** The plugin does not do this. */
    | { tag: "unsupported" };
  /** Someone who sends or receives. */
  export interface Party {
    /** The channel's address: an e-mail address, a telephone number, a chat id. May be empty where a message has none. */
    address: string;
    /** As the sender writes it: never trust it. */
    displayName: string | null;
    /** What is known about who that is. */
    role: Role;
    /** For mail: `header` = `to`, `cc`, `bcc` or `reply-to` tells where a recipient was named. */
    attrs: Attrs;
  }
  /** Which side of the desk a party is on. */
  export type Role =
    /** Someone who asks. */
    | "customer"
    /** Someone who answers. */
    | "agent"
    /** A program. */
    | "bot"
    /** Not known; what a channel should say unless it is sure. */
    | "unknown";
  /** Where a message belongs, in the channel's own words. */
  export interface ThreadRef {
    /** The channel's key for the conversation; the host maps it to a ticket. Empty where the channel has none (mail). */
    conversation: string;
    /** The channel's id of the message that is answered. */
    inReplyTo: string | null;
    /** Older ids, oldest first. */
    references: string[];
    /** Opaque to the host and handed back in `send`; at most 1 KiB. */
    replyToken: string | null;
  }
  /** Where an attachment's bytes are. */
  export type AttachmentBody =
    /** Here; at most 256 KiB. */
    | { tag: "inline"; val: Uint8Array }
    /** In the host's blob store. */
    | { tag: "stored"; val: BlobId }
    /** To be fetched by the host later, under the same rights as the plugin's own requests. */
    | { tag: "deferred"; val: HttpRequest };
  /** A file. */
  export interface Attachment {
    /** As the sender named it; the host cleans it once more. */
    filename: string | null;
    /** As the sender declares it; the host looks for itself before it shows anything. */
    mime: string;
    /** Bytes, where known. */
    size: number | null;
    /** For pictures inside HTML: the content id without brackets. */
    contentId: string | null;
    /** The bytes, or where to get them. */
    body: AttachmentBody;
  }
  /** How a body's text is to be read. */
  export type BodyFormat =
    /** As it stands. */
    | "plain"
    /** CommonMark. */
    | "markdown"
    /** Cleaned by the host before it is shown, whoever wrote it. */
    | "html";
  /** One way to read a message. */
  export interface MessageBody {
    /** The language of `text`. */
    format: BodyFormat;
    /** The words. */
    text: string;
  }
  /** Something that arrived. */
  export interface InboundMessage {
    /** The channel's own name for it; with the account it is the key against doubles. Never empty. */
    externalId: string;
    /** When it was sent, as the sender claims. */
    sentAt: TimeMs | null;
    /** Where it belongs. */
    thread: ThreadRef;
    /** Who sent it. */
    sender: Party;
    /** Whom it was for. */
    recipients: Party[];
    /** The heading, where the channel has one. */
    subject: string | null;
    /** Alternatives of the same content, plainest first. Never an empty list. */
    bodies: MessageBody[];
    /** Files. */
    attachments: Attachment[];
    /** BCP 47, where the message says or shows one. */
    locale: string | null;
    /** What the channel knows beyond this; the mail codec's names stand with `mail-codec`. */
    attrs: Attrs;
  }
  /** How far a message got. */
  export type DeliveryState =
    /** Waiting at the remote. */
    | "queued"
    /** The remote took responsibility. */
    | "sent"
    /** It lies where the person can see it. */
    | "delivered"
    /** The person has seen it. */
    | "read"
    /** It will not arrive. */
    | "failed"
    /** It came back. */
    | "bounced"
    /** The remote gave up waiting. */
    | "expired";
  /** News about something that was sent before. */
  export interface DeliveryUpdate {
    /** The receipt's id. */
    externalId: string;
    /** How far it is now. */
    state: DeliveryState;
    /** When that happened. */
    at: TimeMs | null;
    /** Why it failed. */
    error: Failure | null;
  }
  /** Everything that came out of one call, stored in one transaction. */
  export interface Batch {
    /** What arrived. */
    messages: InboundMessage[];
    /** News about what was sent. */
    updates: DeliveryUpdate[];
  }
  /** A person, as a template may see one. */
  export interface Person {
    /** Full name. */
    name: string | null;
    /** E-mail address. */
    email: string | null;
    /** BCP 47. */
    locale: string | null;
    /** More; `signature` for an agent. */
    attrs: Attrs;
  }
  /** A request, as a template or a rule may see one. An empty string is an unknown value. */
  export interface TicketView {
    /** What people call it: `1042`. */
    number: string;
    /** Its title. */
    subject: string;
    /** In the reader's language. */
    status: string;
    /** In the reader's language. */
    priority: string;
    /** When it was opened; 0 where unknown. */
    createdAt: TimeMs;
    /** Tags. */
    tags: string[];
    /** The page where the reader sees it. */
    url: string | null;
    /** The newest message, as text. */
    lastMessage: string | null;
    /** More; `category` and `organisation` for templates. */
    attrs: Attrs;
  }
  /** An HTTP field. A value is bytes, because the wire's is. */
  export interface Header {
    /** Case does not matter. */
    name: string;
    /** Without line ends. */
    value: Uint8Array;
  }
  /** HTTP methods that a plugin may use. */
  export type HttpMethod =
    /** RFC 9110, 9.3.1. */
    | "get"
    /** RFC 9110, 9.3.2. */
    | "head"
    /** RFC 9110, 9.3.3. */
    | "post"
    /** RFC 9110, 9.3.4. */
    | "put"
    /** RFC 5789. */
    | "patch"
    /** RFC 9110, 9.3.5. */
    | "delete"
    /** RFC 9110, 9.3.7. */
    | "options";
  /** The bytes of one form part. */
  export type PartContent =
    /** Here. */
    | { tag: "bytes"; val: Uint8Array }
    /** In the host's blob store. */
    | { tag: "blob"; val: BlobId };
  /** One part of a multipart form; the host assembles the body. */
  export interface Part {
    /** The field's name. */
    name: string;
    /** For files. */
    filename: string | null;
    /** Content type. */
    mime: string | null;
    /** The bytes. */
    content: PartContent;
  }
  /** What is sent along. */
  export type HttpBody =
    /** Nothing. */
    | { tag: "empty" }
    /** These bytes. */
    | { tag: "bytes"; val: Uint8Array }
    /** A blob's bytes. */
    | { tag: "blob"; val: BlobId }
    /** A form. */
    | { tag: "multipart"; val: Part[] };
  /** A request that the host makes for the plugin, within the manifest's rights. */
  export interface HttpRequest {
    /** The method. */
    method: HttpMethod;
    /**
     * Absolute https. `{{secret:NAME}}` may stand in path, query and header values, and in these
     * `{{basic:USER:NAME}}` as RFC 7617 writes user and password; the host fills it in, and only towards hosts
     * that NAME is bound to.
     */
    url: string;
    /** Host, Content-Length, Transfer-Encoding and hop-by-hop fields are dropped. */
    headers: Header[];
    /** The body. */
    body: HttpBody;
    /** The host's own limit wins when it is shorter. */
    timeoutMs: number | null;
  }
  /** What the remote answered. */
  export interface HttpResponse {
    /** Status code. */
    status: number;
    /** Fields, in order. */
    headers: Header[];
    /** The body, at most 4 MiB. */
    body: Uint8Array;
    /** There was more body than that. */
    truncated: boolean;
  }
}

/** Words for the operator. Shown per plugin in the workspace; never seen by customers. */
declare module "saker:plugin/log@0.1.0" {
  import type { Attrs } from "saker:plugin/types@0.1.0";

  /** How much an operator should care. */
  export type Level =
    /** Every step. */
    | "trace"
    /** For the plugin's author. */
    | "debug"
    /** Worth knowing. */
    | "info"
    /** Something odd that was coped with. */
    | "warn"
    /** Something failed. */
    | "error";

  const log: {
    /** Writes one line. All lines of a call together may hold 256 KiB; then the call ends. */
    log(level: Level, message: string, fields: Attrs): void;
  };
  export default log;
}

/** Time. */
declare module "saker:plugin/clock@0.1.0" {
  const clock: {
    /** Unix milliseconds now. */
    now(): number;
    /** Milliseconds left before the host ends this call. */
    remainingMs(): number;
  };
  export default clock;
}

/** Randomness. */
declare module "saker:plugin/random@0.1.0" {
  const random: {
    /** At most 4096 unpredictable bytes. */
    bytes(len: number): Uint8Array;
  };
  export default random;
}

/** What the administrator filled in, checked against the plugin's `config-schema`. */
declare module "saker:plugin/config@0.1.0" {
  const config: {
    /** One top-level value; a string as it is, anything else as JSON. */
    get(key: string): string | null;
    /** The whole object. */
    allJson(): string;
  };
  export default config;
}

/** Keys and tokens. They rarely need to enter the plugin: `{{secret:NAME}}` in a request does without. */
declare module "saker:plugin/secrets@0.1.0" {
  const secrets: {
    /**
     * The value itself; only when the manifest says `readable` and the administrator agreed.
     * @throws {string} in `payload`
     */
    reveal(name: string): string;
    /**
     * RFC 2104 with SHA-256.
     * @throws {string} in `payload`
     */
    hmacSha256(name: string, data: Uint8Array): Uint8Array;
    /**
     * As `hmac-sha256`, compared in constant time.
     * @throws {string} in `payload`
     */
    verifyHmacSha256(name: string, data: Uint8Array, mac: Uint8Array): boolean;
    /**
     * Whether `value` is the secret, compared in constant time: for remotes that show a word they were given.
     * @throws {string} in `payload`
     */
    matches(name: string, value: string): boolean;
    /**
     * RFC 8032; the secret is a seed of 32 bytes in Base64.
     * @throws {string} in `payload`
     */
    signEd25519(name: string, data: Uint8Array): Uint8Array;
  };
  export default secrets;
}

/** A small memory between calls, private to this plugin and account. */
declare module "saker:plugin/state@0.1.0" {
  /** A stored value. */
  export interface Entry {
    /** The bytes. */
    value: Uint8Array;
    /** Changes with every write. */
    etag: string;
  }
  /** What a write takes for granted. */
  export type Expect =
    /** Nothing. */
    | { tag: "any" }
    /** No value there. */
    | { tag: "absent" }
    /** The value last read. */
    | { tag: "etag"; val: string };
  /** Why nothing was stored or read. */
  export type StateError =
    /** The manifest's quota is used up. */
    | { tag: "quota" }
    /** This value is too big. */
    | { tag: "too-large" }
    /** Somebody else wrote first. */
    | { tag: "conflict" }
    /** Try later. */
    | { tag: "unavailable" };

  const state: {
    /**
     * Reads.
     * @throws {StateError} in `payload`
     */
    get(key: string): Entry | null;
    /**
     * Writes, and returns the new etag.
     * @throws {StateError} in `payload`
     */
    put(key: string, value: Uint8Array, expect: Expect, ttlS: number | null): string;
    /**
     * Removes.
     * @throws {StateError} in `payload`
     */
    delete(key: string, expect: Expect): void;
    /**
     * Names in order, after `after`.
     * @throws {StateError} in `payload`
     */
    keys(prefix: string, after: string | null, limit: number): string[];
  };
  export default state;
}

/** Bytes too big to pass around. Ids belong to this call and mean nothing in the next. */
declare module "saker:plugin/blobs@0.1.0" {
  import type { BlobId } from "saker:plugin/types@0.1.0";

  /** What the host knows about a blob. */
  export interface Info {
    /** Its name in this call. */
    id: BlobId;
    /** Bytes. */
    size: number;
    /** As declared when it was made. */
    mime: string;
    /** SHA-256 of the bytes. */
    sha256: Uint8Array;
  }

  const blobs: {
    /**
     * Looks at a sealed blob.
     * @throws {string} in `payload`
     */
    stat(id: BlobId): Info;
    /**
     * Reads at most 1 MiB of a sealed blob; less at its end, nothing past it.
     * @throws {string} in `payload`
     */
    read(id: BlobId, offset: number, len: number): Uint8Array;
    /**
     * Begins a new blob.
     * @throws {string} in `payload`
     */
    create(mime: string, filename: string | null): BlobId;
    /**
     * Adds at most 1 MiB and returns the size so far.
     * @throws {string} in `payload`
     */
    append(id: BlobId, data: Uint8Array): number;
    /**
     * Ends writing. Only sealed blobs can be read or handed back.
     * @throws {string} in `payload`
     */
    seal(id: BlobId): Info;
  };
  export default blobs;
}

/** Requests to hosts in the manifest, made by the host: it resolves, checks addresses, speaks TLS and counts. */
declare module "saker:plugin/http@0.1.0" {
  import type { HttpRequest, HttpResponse, BlobId } from "saker:plugin/types@0.1.0";

  /** Why there is no response. */
  export type HttpError =
    /** Against the manifest or the operator's rules. */
    | { tag: "denied"; val: string }
    /** Not a request at all. */
    | { tag: "invalid"; val: string }
    /** The name does not resolve. */
    | { tag: "dns" }
    /** Nobody listens. */
    | { tag: "refused" }
    /** No trust. */
    | { tag: "tls" }
    /** Too slow. */
    | { tag: "timeout" }
    /** The response is bigger than allowed. */
    | { tag: "too-large" }
    /** Too many requests at once. */
    | { tag: "busy" }
    /** Anything else, in words. */
    | { tag: "other"; val: string };

  const http: {
    /**
     * Buffered; redirects are not followed.
     * @throws {HttpError} in `payload`
     */
    fetch(req: HttpRequest): HttpResponse;
    /**
     * As `fetch`, with the body as a blob; returns the status too.
     * @throws {HttpError} in `payload`
     */
    fetchToBlob(req: HttpRequest): [number, BlobId];
  };
  export default http;
}

/** What a channel may tell the people who wait at its other end: whether anybody is there, and how long the line is. */
declare module "saker:plugin/presence@0.1.0" {
  import type { Attrs, TimeMs } from "saker:plugin/types@0.1.0";

  /** When the account is served. */
  export interface OpeningHours {
    /** Open now; without a calendar always. */
    open: boolean;
    /** When that changes: it closes, or opens next. None where it never does. */
    changesAt: TimeMs | null;
    /**
     * How far the calendar's wall clock is ahead of UTC at `changes-at` (now, where there is none), in minutes. Without a
     * calendar the clock is that of the house's first one.
     */
    offsetMinutes: number;
    /** The calendar's zone: an IANA name. */
    timeZone: string;
    /** More. */
    more: Attrs;
  }
  /** How a conversation stands. */
  export interface Standing {
    /** `waiting` for a first answer, `open` after it, `closed`. More words may come. */
    state: string;
    /** Conversations of this account that wait for a first answer, and began before this one. 0 unless it waits itself. */
    before: number;
    /** Somebody writes on its request just now. */
    writing: boolean;
    /** More. */
    more: Attrs;
  }

  const presence: {
    /**
     * By the calendar of the priority that the account's requests begin with.
     * @throws {string} in `payload`
     */
    hours(): OpeningHours;
    /**
     * Colleagues who are there now: at a screen, not away, inside their own hours, and with a right to read what comes in by
     * the account.
     * @throws {string} in `payload`
     */
    agents(): number;
    /**
     * None for a conversation in which nothing was said, that belongs to another account, or whose request or person was
     * erased: what is remembered of such a one has to go.
     * @throws {string} in `payload`
     */
    conversation(name: string): Standing | null;
  };
  export default presence;
}

/** Who the plugin is. Every world exports it. */
declare module "saker:plugin/descriptor@0.1.0" {
  /** Text for people and limits for the host. Rights come from the manifest, never from here. */
  export interface Description {
    /** Reverse DNS. */
    id: string;
    /** For people. */
    name: string;
    /** Semantic version. */
    version: string;
    /** One sentence. */
    summary: string;
    /** JSON Schema 2020-12 of the settings. */
    configSchema: string;
    /** What it can do: `attachments`, `html`, `read-receipts`, … */
    features: string[];
    /** The longest body it takes. */
    maxBodyBytes: number | null;
    /** The biggest attachment it takes. */
    maxAttachmentBytes: number | null;
  }

  /** What `export const descriptor` has to be. */
  export interface Descriptor {
    /** Pure: the same each time. */
    describe(): Description;
  }
}

/** Optional. For remotes that must be told where to call. */
declare module "saker:plugin/setup@0.1.0" {
  import type { PluginError, Attrs } from "saker:plugin/types@0.1.0";

  /** What `export const setup` has to be. */
  export interface Setup {
    /**
     * Do the settings work?
     * @throws {PluginError}
     */
    check(): void;
    /**
     * Tells the remote to call `hook-url`; returns what the administrator should see.
     * @throws {PluginError}
     */
    connect(hookUrl: string): Attrs;
    /**
     * Undoes `connect`.
     * @throws {PluginError}
     */
    disconnect(): void;
  }
}

/** Messages that the remote brings. */
declare module "saker:plugin/inbound@0.1.0" {
  import type { Batch, PluginError, Header, HttpMethod, TimeMs } from "saker:plugin/types@0.1.0";

  /** One HTTP request to the account's address. */
  export interface Webhook {
    /** The method. */
    method: HttpMethod;
    /** After the account's prefix. */
    path: string;
    /** Without `?`. */
    query: string;
    /** All fields but the proxies' own. */
    headers: Header[];
    /** Exact bytes, for signatures; at most 5 MiB. */
    body: Uint8Array;
    /** The client's address. */
    remoteAddr: string;
    /** When it came. */
    receivedAt: TimeMs;
    /** The same when the host calls again for the same request. */
    deliveryId: string;
  }
  /** What the caller is told. */
  export interface Reply {
    /** Status code. */
    status: number;
    /** Fields. */
    headers: Header[];
    /** Body. */
    body: Uint8Array;
  }
  /** What came of it. */
  export interface Outcome {
    /** Stored before the reply leaves. */
    batch: Batch;
    /** Sent after that. */
    reply: Reply;
  }

  /** What `export const inbound` has to be. */
  export interface Inbound {
    /**
     * Reads one request.
     * @throws {PluginError}
     */
    handleWebhook(req: Webhook): Outcome;
  }
}

/** Messages that must be fetched. */
declare module "saker:plugin/poller@0.1.0" {
  import type { Batch, PluginError } from "saker:plugin/types@0.1.0";

  /** One look. */
  export interface Page {
    /** What was new. */
    batch: Batch;
    /** Where to go on; at most 4 KiB, stored together with the batch. */
    nextCursor: string;
    /** There is more: call again at once. */
    more: boolean;
    /** A wish for the next look. */
    pollAfterMs: number | null;
  }

  /** What `export const poller` has to be. */
  export interface Poller {
    /**
     * Looks for messages after `cursor`; none means from now on.
     * @throws {PluginError}
     */
    poll(cursor: string | null, maxMessages: number): Page;
  }
}

/** Messages that leave. */
declare module "saker:plugin/outbound@0.1.0" {
  import type { MessageBody, Attachment, Party, ThreadRef, PluginError, DeliveryState, Attrs } from "saker:plugin/types@0.1.0";

  /** Something to send. */
  export interface Message {
    /** The same key has at most one effect. */
    idempotencyKey: string;
    /** From 1. */
    attempt: number;
    /** What it answers. */
    thread: ThreadRef | null;
    /** Whom it is from. */
    sender: Party;
    /** Whom it is for. */
    recipients: Party[];
    /** The heading. */
    subject: string | null;
    /** Alternatives of the same content, plainest first. */
    bodies: MessageBody[];
    /** Files. */
    attachments: Attachment[];
    /** BCP 47. */
    locale: string | null;
    /** More. */
    attrs: Attrs;
  }
  /** What the remote said. */
  export interface Receipt {
    /** The remote's id, for later updates. */
    externalId: string;
    /** How far it is. */
    state: DeliveryState;
    /** For answers to it. */
    thread: ThreadRef;
    /** It had been sent before. */
    duplicate: boolean;
    /** More. */
    attrs: Attrs;
  }

  /** What `export const outbound` has to be. */
  export interface Outbound {
    /**
     * Sends.
     * @throws {PluginError}
     */
    send(msg: Message): Receipt;
    /**
     * Was it sent? Asked after a `send` that ended without an answer.
     * @throws {PluginError}
     */
    lookup(idempotencyKey: string): Receipt | null;
  }
}

/** Mail, whose sockets stay with the host: raw bytes in, raw bytes out. */
declare module "saker:plugin/mail-codec@0.1.0" {
  import type { Batch, BlobId, PluginError, Attrs } from "saker:plugin/types@0.1.0";
  import type { Message } from "saker:plugin/outbound@0.1.0";

  /** What `export const mailCodec` has to be. */
  export interface MailCodec {
    /**
     * Reads raw RFC 5322 bytes. Total: any bytes give a message or `rejected`.
     *
     * `envelope` may name `return-path` (empty for the null path) and, once for each, `rcpt-to`.
     *
     * The message's `bodies` are the readable text, and the HTML where there is any. Its attrs are
     * `quote-at` (byte offset in the readable text where the quoted earlier mail begins),
     * `automatic` (why a machine seems to have written it: `auto-submitted`, `list`, `bulk`, `null-return-path`,
     * `no-reply-wanted`, `out-of-office`), `bounce-of` (a report that mail did not arrive: the Message-Id it is
     * about, or empty), and `in-reply-to` for each further Message-Id of that field.
     * @throws {PluginError}
     */
    parse(raw: BlobId, envelope: Attrs): Batch;
    /**
     * Writes a message as raw RFC 5322 bytes: identical bytes for identical input.
     *
     * `identity` names `message-id` (without brackets), `date` (Unix milliseconds) and may name `auto-submitted`
     * (RFC 3834). Recipients tell their `header`.
     * @throws {PluginError}
     */
    compose(msg: Message, identity: Attrs): BlobId;
  }
}

/** Texts made from templates. Pure, so results may be cached and replayed. */
declare module "saker:plugin/reply-renderer@0.1.0" {
  import type { Person, TicketView, PluginError, Attrs, TimeMs } from "saker:plugin/types@0.1.0";

  /** What a template is filled with. */
  export interface TemplateInput {
    /** Its name. */
    template: string;
    /** What it is about. */
    ticket: TicketView;
    /** Who reads it. */
    customer: Person;
    /** Who writes it; none for automatic mail. */
    agent: Person | null;
    /** BCP 47. */
    locale: string;
    /** IANA name, such as `Europe/Oslo`. */
    timeZone: string;
    /** The moment of writing. */
    now: TimeMs;
    /** Checked against `params-schema` by the host. */
    variables: Attrs;
    /** The agent's Markdown, where the template wraps it. */
    draft: string | null;
  }
  /** A finished text. */
  export interface Rendered {
    /** Its heading. */
    subject: string | null;
    /** Cleaned by the host, always. */
    html: string;
    /** The twin of `html`; Markdown for the composer's templates. */
    text: string;
    /** Missing values and the like, for the agent. */
    warnings: string[];
  }
  /** What can be had. */
  export interface TemplateInfo {
    /** For `template-input`. */
    name: string;
    /** In the asked locale. */
    title: string;
    /** In the asked locale. */
    summary: string;
    /** What it is written in. */
    locales: string[];
    /**
     * JSON Schema 2020-12 of the variables. `"x-saker-use"` in it says who uses the template: `"composer"`
     * (an agent picks it, the text is Markdown to be edited) or `"system"` (Saker sends it).
     */
    paramsSchema: string;
  }

  /** What `export const replyRenderer` has to be. */
  export interface ReplyRenderer {
    /** All templates. */
    listTemplates(locale: string): TemplateInfo[];
    /**
     * Fills one in.
     * @throws {PluginError}
     */
    render(input: TemplateInput): Rendered;
    /** Made-up input, for previews and tests. */
    sample(template: string, locale: string): TemplateInput | null;
  }
}

/** What a message seems to be about. */
declare module "saker:plugin/classifier@0.1.0" {
  import type { InboundMessage, PluginError, Attrs } from "saker:plugin/types@0.1.0";

  /** One opinion. */
  export interface Label {
    /** `category`, `priority`, `language`, … */
    name: string;
    /** Its value. */
    value: string;
    /** 0 to 1. */
    confidence: number;
    /** In words. */
    why: string | null;
  }

  /** What `export const classifier` has to be. */
  export interface Classifier {
    /**
     * Labels a message.
     * @throws {PluginError}
     */
    classify(msg: InboundMessage, context: Attrs): Label[];
  }
}

/** What is known elsewhere about a person. */
declare module "saker:plugin/enricher@0.1.0" {
  import type { Party, PluginError, Attrs, TimeMs } from "saker:plugin/types@0.1.0";

  /** One fact. */
  export interface Fact {
    /** Its name. */
    key: string;
    /** Its value. */
    value: string;
    /** Where it is from. */
    source: string;
    /** When it should be asked again. */
    expiresAt: TimeMs | null;
  }

  /** What `export const enricher` has to be. */
  export interface Enricher {
    /**
     * Looks a person up.
     * @throws {PluginError}
     */
    enrich(who: Party, context: Attrs): Fact[];
  }
}

/** Reactions to what happens on a request. */
declare module "saker:plugin/automation@0.1.0" {
  import type { TicketView, PluginError, Attrs, TimeMs } from "saker:plugin/types@0.1.0";

  /** Something happened. */
  export interface Event {
    /** Unique. */
    id: string;
    /** What. */
    kind: string;
    /** When. */
    at: TimeMs;
    /** To which request. */
    ticket: TicketView;
    /** More. */
    data: Attrs;
  }
  /** A proposal; the host checks rights and carries it out. */
  export interface Action {
    /** `add-tag`, `set-status`, … */
    kind: string;
    /** Its arguments. */
    args: Attrs;
  }

  /** What `export const automation` has to be. */
  export interface Automation {
    /**
     * Answers an event with proposals.
     * @throws {PluginError}
     */
    onEvent(e: Event): Action[];
  }
}
