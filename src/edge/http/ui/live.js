/** The feed: one connection for the whole page, and whether it is there. */
import { Feed } from "../lagerd.js";
import { address, borne, once } from "./api.js";
import { calmly } from "./dom.js";

// Topics a connection may follow unless the daemon is told otherwise, less some for lists.
const STOCK_TOPICS_MAX = 12;

// News of a moment is read together.
const POKE_MS = 150;

let feed;
let state = "connecting";
const listeners = new Set();

/** `connecting`, `live`, `away` or `refused`. */
export const standing = () => state;

/** Calls it at each change of that; the function it returns ends it. */
export function watch(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function stand(other) {
  if (state === other) return;
  state = other;
  for (const listener of listeners) listener(other);
}

/** Connects with the token there is now. */
export function connect() {
  feed?.close();
  stand("connecting");
  const fresh = new Feed({ url: new URL(address("v1/feed")), token: borne() });
  feed = fresh;
  const tell = (other) => () => feed === fresh && stand(other);
  fresh.on("open", tell("live"));
  fresh.on("close", tell("away"));
  fresh.on("refused", tell("refused"));
}

/** Follows topics; each item of news is handed on with its topic. Ends with the view. */
export function follow(stay, topics, skus, hear) {
  const tables = [];
  // A refused connection is told by its own listener.
  for (const topic of state === "refused" ? [] : topics.slice(0, STOCK_TOPICS_MAX)) {
    const table = feed.subscribe({ topic, skus });
    table.on("change", (items) => hear(topic, items));
    tables.push(table);
  }
  let left = false;
  const leave = () => { if (!left) tables.forEach((table) => table.close()); left = true; };
  stay.ends(leave);
  return leave;
}

/** Does something soon after each news of a topic, many at once as one. */
export const poked = (stay, topic, work) => follow(stay, [topic], undefined, calmly(POKE_MS, () => stay.over || work()));

/** Asks for a change, see {@link once}. */
export const change = (key, verb, body, target) => once(feed, key, verb, body, target);
