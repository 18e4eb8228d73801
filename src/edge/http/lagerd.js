/**
 * Live stock from a lagerd daemon, for shop pages, tills and back ends: browsers, and Node 22 or newer.
 *
 *     import { Feed } from "/lagerd.js";
 *
 *     const feed = new Feed();
 *     const stock = feed.subscribe({ channel: "web-de" });
 *     stock.on("change", (items) => items.forEach(({ sku, available }) => show(sku, available)));
 *     stock.on("stale", () => say("one moment …"));
 *     const held = await feed.send("reserve", { channel: "web-de", lines: [{ sku: "TEE-M", quantity: 1 }] });
 *
 * The feed connects by itself, comes back after every loss, and goes on where it was. A command is asked again under
 * its id until its outcome is known, so it has one effect however often the connection breaks.
 *
 * @typedef {{ code: string, status?: number, title?: string, detail?: string }} Problem
 *   What went wrong (RFC 9457). `code` is stable and for programs, `title` and `detail` are for people; some kinds say
 *   more, for example `insufficient_stock` has `lines: [{ sku, asked, free }]`.
 */

const PROTOCOL = "lagerd.v1.json";
// A daemon that restarts meets all its readers at once: each waits a random part of a span that doubles up to the
// longest.
const WAIT_MIN_MS = 500;
const WAIT_MAX_MS = 30_000;
// A connection that lived shorter counts as one more failure, or a daemon that can't serve would never be left alone.
const STABLE_MS = 10_000;
// Longer, and a proxy has taken the connection with no daemon behind it.
const HELLO_WITHIN_MS = 15_000;
// A checksum that is due may stand behind a large snapshot or a busy daemon.
const SILENCE_SLACK_MS = 10_000;

const utf8 = new TextEncoder();
const wait_ms = (failures) => Math.random() * Math.min(WAIT_MAX_MS, WAIT_MIN_MS * 2 ** failures);

/**
 * Why a command was not carried out, or why that is not known: the problem's `code`, the whole `problem`, and whether
 * to ask again with the same id (`retry`: nothing was decided, or it is not known what).
 */
export class FeedError extends Error {
  constructor(problem, retry = false) {
    super(problem.detail ?? problem.title ?? problem.code);
    Object.assign(this, { name: "FeedError", code: problem.code, problem, retry });
  }
}

/** What can be listened to. */
class Speaker {
  #listeners = new Map();

  /** Calls `listener` at each event of that name; the function it returns ends that. */
  on(name, listener) {
    if (!this.#listeners.has(name)) this.#listeners.set(name, new Set());
    this.#listeners.get(name).add(listener);
    return () => this.#listeners.get(name).delete(listener);
  }

  /** @internal A listener that throws is reported like any uncaught error, and harms neither table nor feed. */
  tell(name, ...details) {
    for (const listener of this.#listeners.get(name) ?? []) {
      try { listener(...details); } catch (error) { queueMicrotask(() => { throw error; }); }
    }
  }
}

/** The rows of a topic at one offset, with the sum by which the daemon compares them with its own. */
class Copy {
  rows = new Map(); sum = 0; view; offset;

  put(items, offset) {
    for (const item of items) {
      const key = row_key(item);
      const old = this.rows.get(key);
      this.sum = (this.sum + (item.closed ? 0 : crc32(row_text(item))) - (old ? crc32(row_text(old)) : 0)) >>> 0;
      // What is closed is told once, and is no row any more.
      if (item.closed) this.rows.delete(key); else this.rows.set(key, item);
    }
    this.offset = offset;
  }
}

/**
 * A copy of one topic that follows the daemon. Made by {@link Feed#subscribe}. Its events:
 * - `ready`: the rows are complete and live; again after each reconnect. A good moment to draw everything.
 * - `change` (items): these rows have new values; after a snapshot they are all rows.
 * - `stale`: the rows are kept, but nothing says that they still hold; `ready` follows.
 * - `refused` (problem): the daemon does not serve this topic to this caller; final.
 */
class Table extends Speaker {
  #shown = new Copy(); #arriving; #leave;
  /** Whether the rows are complete and live, as far as the connection has told. */
  ready = false;
  /** Values that newer ones replaced before they were sent, because this reader was slow. */
  conflated = 0;
  /** How often the daemon's checksum did not agree and everything was read anew; anything but 0 is a bug. */
  mismatches = 0;

  /** @internal */
  constructor(topic, skus, leave) {
    super();
    /** Such as `channel:web-de`, `warehouse:BER`, `work:BER`, `orders` or `alerts`. */
    this.topic = topic;
    /** The only SKUs in it, or `undefined` for all. */
    this.skus = skus;
    this.#leave = leave;
  }

  /** All rows, by SKU, fulfilment or id. Only to be read; a snapshot brings a new Map, so don't keep it. */
  get rows() { return this.#shown.rows; }
  /**
   * The newest item of a SKU, fulfilment or id; `undefined` where there is none. A SKU nobody ever had stock of is sold
   * out; an order or a fulfilment that is none any more is closed.
   */
  get(key) { return this.rows.get(key); }
  /** Which of the daemon's countings the offset belongs to; `undefined` before the first snapshot. */
  get view() { return this.#shown.view; }
  /** Up to where changes were applied; never goes back within a view. */
  get offset() { return this.#shown.offset; }

  /** Ends the subscription; the rows stay as they are, and no event follows. */
  close() { this.ready = false; this.#leave(); }

  /** @internal */
  stale() {
    this.#arriving = undefined;
    if (!this.ready) return;
    this.ready = false;
    this.tell("stale");
  }

  /** @internal Takes a frame; false where the table must be read anew. */
  take(kind, frame) {
    if (kind === "snapshot") this.#snapshot(frame);
    if (kind === "resumed") this.#becomeReady();
    if (kind === "changes") this.#changes(frame);
    return kind !== "checksum" || this.#agrees(frame);
  }

  #snapshot({ view, offset, items, more }) {
    if (this.#arriving?.view !== view) this.#arriving = Object.assign(new Copy(), { view });
    this.#arriving.put(items, offset);
    if (more) return;
    this.#shown = this.#arriving;
    this.#arriving = undefined;
    this.#becomeReady();
    this.tell("change", [...this.rows.values()]);
  }

  #changes({ offset, items, conflated = 0 }) {
    const copy = this.#arriving ?? this.#shown;
    if (offset < copy.offset) return;
    copy.put(items, offset);
    this.conflated += conflated;
    if (copy === this.#shown && items.length > 0) this.tell("change", items);
  }

  #agrees({ view, offset, sum, items }) {
    const shown = this.#shown;
    // The sum of another moment says nothing about this one.
    if (this.#arriving || view !== shown.view || offset < shown.offset) return true;
    if (sum === shown.sum && items === shown.rows.size) return true;
    this.mismatches += 1;
    // Rows that are wrong are nothing to go on from.
    shown.view = undefined;
    this.stale();
    return false;
  }

  #becomeReady() {
    this.ready = true;
    this.tell("ready");
  }
}

/**
 * A connection to a daemon that is always made again. Its events:
 * - `open`: subscriptions and commands go through.
 * - `close` ({ code, reason }): the connection was lost or could not be made; it is tried again, unless `refused`
 *   follows. Waits are random and grow to 30 s.
 * - `refused` (problem): the daemon does not want this caller (no or a wrong token); final, nothing is tried again.
 * - `problem` (problem): the daemon did not understand a message.
 */
export class Feed extends Speaker {
  #url; #token; #WebSocket; #socket; #reconnecting; #live_since_ms; #complaint;
  #silent; #silence_max_ms = Infinity;
  #failures = 0; #ended = false; #message_bytes_max = Infinity; #skew_ms = 0;
  #tables = new Map(); // By topic: what the page wants.
  #topics = new Map(); // By topic: "in" or "leaving", as this connection was told.
  #commands = new Map(); // By id: those without a final answer.

  /**
   * Connects at once.
   * @param {object} [options]
   * @param {string | URL} [options.url] The daemon's feed; `/v1/feed` of the page's own origin unless given.
   * @param {string} [options.token] What `lagerd token new` showed. Whoever can see the page can see it.
   * @param {typeof WebSocket} [options.WebSocket] Another WebSocket than the built-in one.
   * @throws {TypeError} The url is none, or there is no page to take it from.
   */
  constructor({ url = "/v1/feed", token, WebSocket = globalThis.WebSocket } = {}) {
    super();
    this.#url = new URL(url, globalThis.location?.href);
    this.#url.protocol = this.#url.protocol.replace("http", "ws");
    this.#token = token;
    this.#WebSocket = WebSocket;
    this.#connect();
  }

  /**
   * Follows a channel's availability (rows `{ sku, available, state }`; `available` in units, `state` in_stock, low or
   * sold_out) or a warehouse's levels (rows `{ sku, on_hand, unavailable, reserved, allocated, safety_stock }`); open
   * `orders`, the `work:<warehouse>` of one place, or `alerts`. Of those three `change` also tells, once, rows that are
   * `closed`: done, gone or not wanted any more.
   * @param {{ channel?: string, topic?: string, skus?: string[] }} what For example `{ channel: "web-de" }` or
   *   `{ topic: "warehouse:BER" }`; `skus` where only these are of interest, for topics of SKUs alone.
   * @returns {Table}
   * @throws {FeedError} `already_subscribed` (a feed has one table per topic) or `closed`.
   */
  subscribe({ channel, topic = `channel:${channel}`, skus }) {
    if (this.#ended) throw new FeedError(CLOSED);
    if (this.#tables.has(topic)) {
      throw new FeedError({ code: "already_subscribed", detail: `there is a table of ${topic} already` });
    }
    const table = new Table(topic, skus, () => this.#forget(table));
    this.#tables.set(topic, table);
    this.#enter(table);
    return table;
  }

  /**
   * Asks for a change and waits for the answer, through any loss of the connection. Where a retry was needed it goes
   * out under the same id.
   * @param {string} verb `reserve`, `extend`, `release`, `allocate`, `ship`, `movements`, `counts` …
   * @param {object} [body] As over HTTP.
   * @param {object} [options] What HTTP has in the path (`reservation`, `warehouse`, `channel` or `sku`), and:
   * @param {string} [options.id] 1 to 128 visible characters; a UUID of version 7 unless given. For `reserve` it is
   *   the reservation's id. Give one to be able to ask again after the page was loaded anew.
   * @param {number} [options.deadline_s] Seconds after which to stop asking; 30 unless given.
   * @returns {Promise<object>} The body of the answer, as over HTTP.
   * @throws {FeedError} With `retry` false: the daemon's decision. With `retry` true: none by the deadline; the code is
   *   `outcome_unknown` where it may have been carried out, anything else means that it surely was not.
   */
  send(verb, body = {}, { id, deadline_s = 30, ...target } = {}) {
    return new Promise((resolve, reject) => {
      if (this.#ended) return reject(new FeedError(CLOSED));
      if (this.#commands.has(id)) {
        return reject(new FeedError({ code: "id_in_use", detail: `${id} waits for its answer already` }));
      }
      const command = { id: id ?? this.#mint(), minted: id === undefined, says: { [verb]: body, ...target } };
      Object.assign(command, { resolve, reject, errors: 0, asked: false, unknown: false });
      command.deadline = setTimeout(() => this.#giveUp(command, LATE), deadline_s * 1_000);
      this.#commands.set(command.id, command);
      this.#ask(command);
    });
  }

  /** Ends the connection for good. Tables keep their rows; commands without an answer are rejected. */
  close() { this.#end(CLOSED); }

  #connect() {
    const socket = new this.#WebSocket(this.#url.href, PROTOCOL);
    this.#socket = socket;
    this.#complaint = undefined;
    const end = (code, reason) => {
      clearTimeout(hello_late);
      if (this.#socket === socket) this.#lost(code, reason);
    };
    const hello_late = setTimeout(() => { socket.close(); end(1006, "no hello"); }, HELLO_WITHIN_MS);
    socket.onmessage = ({ data }) => {
      clearTimeout(hello_late);
      if (this.#socket !== socket) return;
      this.#listen(() => { socket.close(); end(1006, "silent"); });
      this.#hear(JSON.parse(data));
    };
    socket.onclose = ({ code, reason }) => end(code, reason);
    // Node before 22.9 tells of a connection that was never made by an error alone; elsewhere the close is there first.
    socket.onerror = () => setTimeout(end, 0, 1006, "");
  }

  /** A page sees no pings, but a daemon sends each table's checksum as often: without one the line is dead. */
  #listen(give_up) {
    clearTimeout(this.#silent);
    if (this.#topics.size > 0) this.#silent = setTimeout(give_up, this.#silence_max_ms);
  }

  #lost(code, reason) {
    const lived_ms = performance.now() - (this.#live_since_ms ?? Infinity);
    this.#disconnect();
    for (const table of this.#tables.values()) table.stale();
    for (const command of this.#commands.values()) {
      command.unknown ||= command.asked;
      command.asked = false;
    }
    this.tell("close", { code, reason });
    if (code >= 4500 && code <= 4999) {
      this.#end(this.#complaint ?? { code: reason || "refused", detail: `closed with ${code} ${reason}` }, true);
    }
    if (this.#ended) return;
    if (lived_ms >= STABLE_MS) this.#failures = 0;
    this.#reconnecting = setTimeout(() => this.#connect(), wait_ms(this.#failures++));
  }

  #disconnect() {
    this.#socket = undefined;
    this.#live_since_ms = undefined;
    clearTimeout(this.#silent);
    this.#topics.clear();
  }

  #end(problem, refused = false) {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#reconnecting);
    this.#socket?.close(1000);
    this.#disconnect();
    for (const command of [...this.#commands.values()]) this.#giveUp(command, problem, !refused);
    for (const table of this.#tables.values()) {
      table.stale();
      if (refused) table.tell("refused", problem);
    }
    if (refused) this.tell("refused", problem);
  }

  #hear(message) {
    if (message.id !== undefined) return this.#answered(message);
    if (message.hello) return this.#greeted(message.hello);
    if (message.authenticated) return this.#begin();
    if (message.unsubscribed) return this.#left(message.unsubscribed.topic);
    if (message.error) return this.#complained(message.error, message.topic);
    const [kind, frame] = Object.entries(message)[0];
    // What was under way when a table was left belongs to no table any more.
    if (this.#topics.get(frame.topic) !== "in") return;
    const table = this.#tables.get(frame.topic);
    if (!table.take(kind, frame)) this.#leave(table.topic);
  }

  #greeted({ auth_needed, ping_every_s, limits }) {
    this.#message_bytes_max = limits.message_bytes;
    this.#silence_max_ms = 2_000 * ping_every_s + SILENCE_SLACK_MS;
    if (!auth_needed) return this.#begin();
    if (this.#token === undefined) return this.#end(NO_TOKEN, true);
    this.#say({ auth: { token: this.#token } });
  }

  #begin() {
    if (this.#live_since_ms !== undefined) return;
    this.#live_since_ms = performance.now();
    for (const table of this.#tables.values()) this.#enter(table);
    for (const command of this.#commands.values()) if (!command.pausing) this.#ask(command);
    this.tell("open");
  }

  #complained(problem, topic) {
    if (this.#topics.get(topic) === "leaving") return this.#left(topic);
    const table = this.#tables.get(topic);
    if (table) return this.#refuse(table, problem);
    this.#complaint = problem;
    this.tell("problem", problem);
  }

  /** Sends a message; false where it is so large that the daemon would cut the connection instead of answering. */
  #say(message) {
    const text = JSON.stringify(message);
    if (utf8.encode(text).length > this.#message_bytes_max) return false;
    this.#socket.send(text);
    return true;
  }

  #enter(table) {
    const { topic, skus, view, offset } = table;
    const since = view === undefined ? undefined : { view, offset };
    const wanted = this.#tables.get(topic) === table && !this.#topics.has(topic);
    if (!wanted || this.#live_since_ms === undefined) return;
    if (!this.#say({ subscribe: { topic, skus, since } })) return this.#refuse(table, TOO_LARGE);
    this.#topics.set(topic, "in");
  }

  #leave(topic) {
    if (this.#topics.get(topic) !== "in") return;
    this.#topics.set(topic, "leaving");
    this.#say({ unsubscribe: { topic } });
  }

  #left(topic) {
    this.#topics.delete(topic);
    const table = this.#tables.get(topic);
    if (!table) return;
    // A table that never agrees must not keep the daemon busy with snapshots.
    setTimeout(() => this.#enter(table), table.mismatches && wait_ms(table.mismatches));
  }

  #forget(table) {
    if (this.#tables.get(table.topic) !== table) return;
    this.#tables.delete(table.topic);
    this.#leave(table.topic);
  }

  #refuse(table, problem) {
    this.#tables.delete(table.topic);
    this.#topics.delete(table.topic);
    table.stale();
    table.tell("refused", problem);
  }

  #ask(command) {
    if (this.#live_since_ms === undefined) return;
    command.asked = this.#say({ id: command.id, ...command.says });
    if (!command.asked) this.#settle(command, command.reject, new FeedError(TOO_LARGE));
  }

  #answered({ id, ok, refused, error }) {
    const command = this.#commands.get(id);
    // An answer that comes after its deadline.
    if (!command) return;
    command.asked = false;
    if (error) return this.#pause(command, error);
    if (!refused) return this.#settle(command, command.resolve, ok);
    const other_clock = refused.code === "stale_command" && refused.server_time;
    if (!other_clock || !command.minted || command.unknown) {
      return this.#settle(command, command.reject, new FeedError(refused));
    }
    // The id tells this machine's time, which is wrong: surely nothing was done, so it may go out under a right one.
    this.#skew_ms = Date.parse(refused.server_time) - Date.now();
    this.#commands.delete(id);
    Object.assign(command, { id: this.#mint(), minted: false });
    this.#commands.set(command.id, command);
    this.#ask(command);
  }

  #pause(command, problem) {
    command.problem = problem;
    command.unknown ||= problem.code === "outcome_unknown";
    command.pausing = setTimeout(() => { command.pausing = undefined; this.#ask(command); }, wait_ms(command.errors++));
  }

  #giveUp(command, problem, retry = true) {
    const unknown = command.asked || command.unknown;
    const error = unknown ? new FeedError(UNKNOWN, true) : new FeedError(command.problem ?? problem, retry);
    this.#settle(command, command.reject, error);
  }

  #settle(command, tell, outcome) {
    clearTimeout(command.deadline);
    clearTimeout(command.pausing);
    this.#commands.delete(command.id);
    tell(outcome);
  }

  #mint() { return uuid_v7(Date.now() + this.#skew_ms); }
}

const CLOSED = { code: "closed", detail: "the feed was closed" };
const LATE = { code: "unavailable", detail: "the daemon could not be reached by the deadline" };
const NO_TOKEN = { code: "unauthorised", status: 401, detail: "the daemon needs a token: new Feed({ token })" };
const TOO_LARGE = { code: "too_large", detail: "the message is larger than the daemon takes" };
const UNKNOWN = { code: "outcome_unknown", detail: "no answer came; ask again with the same id" };

/** What a row is known by: its SKU, fulfilment, or the id of an order or alert. */
function row_key({ sku, fulfilment, id }) { return id ?? fulfilment ?? sku; }

/** What the checksum of a row is taken over. */
function row_text(item) {
  const { id, state, fulfilment, sku, alert } = item;
  if (alert !== undefined) return `${id}`;
  if (id !== undefined) {
    const { ordered, unrouted, backordered, allocated, shipped, cancelled, returned } = item;
    return [id, state, ordered, unrouted, backordered, allocated, shipped, cancelled, returned].join(":");
  }
  if (fulfilment !== undefined) {
    return `${fulfilment}:${state}:${item.lines.reduce((units, { quantity }) => units + quantity, 0)}`;
  }
  if (item.available !== undefined) return `${sku}:${item.available}`;
  return `${sku}:${item.on_hand}:${item.reserved}:${item.allocated}`;
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, crc) => {
  for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 && 0xedb88320);
  return crc;
});

/** CRC-32 (IEEE, as zlib) of a text's UTF-8. */
function crc32(text) {
  let crc = 0xffffffff;
  for (const byte of utf8.encode(text)) crc = (crc >>> 8) ^ CRC_TABLE[(crc ^ byte) & 0xff];
  return ~crc >>> 0;
}

/** A UUID of version 7 (RFC 9562): the time in milliseconds, then chance. */
export function uuid_v7(now_ms) {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  for (let at = 0; at < 6; at++) bytes[at] = Math.floor(now_ms / 2 ** (8 * (5 - at)));
  bytes[6] = (bytes[6] & 0x0f) | 0x70;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
