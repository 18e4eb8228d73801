/** What the page asks the daemon: reads over HTTP, changes over the feed, where an id gives each one effect. */
import { FeedError, uuid_v7 } from "../lagerd.js";

// Beside the page, wherever a proxy has put it.
const ROOT = new URL("../", import.meta.url);

let token;
let skew_ms = 0;
let unauthorised = () => {};

/** What the daemon would not answer. */
export class Refused extends Error {
  constructor(status, problem) {
    super(problem.detail ?? problem.title ?? problem.code);
    Object.assign(this, { status, problem, code: problem.code });
  }
}

/** The token lives in the memory of this page alone: it is gone when the page is loaded anew. */
export const bear = (secret) => { token = secret; };
export const borne = () => token;
export const whenUnauthorised = (then) => { unauthorised = then; };
export const address = (path) => new URL(path.replace(/^\//, ""), ROOT);

/** Reads something; `type` is `json` or `text`. */
export async function get(path, { signal, type = "json" } = {}) {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const response = await fetch(address(path), { signal, headers, cache: "no-store", credentials: "omit" });
  const told = Date.parse(response.headers.get("date"));
  if (Number.isFinite(told)) skew_ms = told - Date.now();
  if (response.ok) return response[type]();
  const problem = await response.json().catch(() => ({ code: `http_${response.status}` }));
  if (response.status === 401) unauthorised();
  throw new Refused(response.status, problem);
}

/** The daemon's time, as far as it has told; never ahead of it. */
export const now_ms = () => Date.now() + skew_ms;

/** Something that may not be there: `undefined` then. */
export const find = (path, options) => get(path, options).catch((error) => {
  if (error.status === 404) return undefined;
  throw error;
});

/** A path with a query; what is undefined or empty is left out. */
export function query(path, parameters) {
  const given = Object.entries(parameters).filter(([, value]) => value !== undefined && value !== "");
  const text = new URLSearchParams(given).toString();
  return text ? `${path}?${text}` : path;
}

const asked = new Map();

/**
 * Asks for a change once: asked again with the same key and body while it is under way, it is the same promise; after an
 * outcome nobody knows, it goes out under the same id.
 */
export function once(feed, key, verb, body, target) {
  const name = JSON.stringify([key, verb, body, target]);
  const known = asked.get(name);
  if (known?.promise) return known.promise;
  const id = known?.id ?? uuid_v7(now_ms());
  const settled = (kept) => (kept ? asked.set(name, { id }) : asked.delete(name));
  const promise = feed.send(verb, body, { id, ...target }).then(
    (answer) => { settled(false); return applied(answer); },
    (error) => { settled(error.retry); throw error; },
  );
  asked.set(name, { id, promise });
  return promise;
}

/** Of a batch of one: its line's verdict. */
function applied(answer) {
  const line = answer?.results?.[0];
  if (line?.status === "refused") throw new FeedError(line);
  return answer;
}
