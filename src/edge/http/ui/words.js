/** What the page says, in the reader's language, and how it writes numbers and times. */
import de from "./words.de.js";
import en from "./words.en.js";

const TABLES = { en, de };
const KEPT_AS = "lagerd.language";

let language = chosen();
let number = new Intl.NumberFormat(language);

function chosen() {
  let kept;
  // A browser may refuse to keep anything.
  try { kept = localStorage.getItem(KEPT_AS); } catch { /* then it is as the browser says */ }
  const wanted = [kept, ...(navigator.languages ?? [navigator.language])];
  return wanted.map((tag) => tag?.slice(0, 2).toLowerCase()).find((tag) => tag in TABLES) ?? "en";
}

/** The language the page speaks, and those it could. */
export const spoken = () => language;
export const languages = Object.keys(TABLES);

export function speak(other) {
  language = other;
  number = new Intl.NumberFormat(language);
  try { localStorage.setItem(KEPT_AS, other); } catch { /* then it lasts until the page is left */ }
}

/**
 * A text. `{name}` is replaced by a value, numbers as they are written in the language; of `one|many` the first is for
 * `n` = 1. Without a text of that name, `fallback`.
 */
export function t(key, values = {}, fallback = key) {
  const text = TABLES[language][key] ?? fallback;
  const [one, many = one] = text.split("|");
  const fitting = values.n === 1 ? one : many;
  return fitting.replace(/\{(\w+)\}/g, (_, name) => {
    const value = values[name];
    return typeof value === "number" ? count(value) : String(value ?? "");
  });
}

/** A word of the daemon in the reader's language; as it is, where none is known for it. */
export const word = (kind, name) => t(`${kind}.${name}`, {}, String(name ?? "").replaceAll("_", " "));

export const count = (figure) => number.format(figure);
export const signed = (figure) => (figure > 0 ? `+${count(figure)}` : count(figure).replace("-", "−"));

/** How long, in its largest unit. */
export function span(seconds) {
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return t("span.s", { n: s });
  if (s < 3_600) return t("span.min", { n: Math.floor(s / 60) });
  if (s < 172_800) return t("span.h", { n: Math.floor(s / 3_600) });
  return t("span.d", { n: Math.floor(s / 86_400) });
}

/** A time of day, with the date where it is not today. */
export function clock(time, seconds = false) {
  const at = new Date(time);
  const today = at.toDateString() === new Date().toDateString();
  const style = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", ...(seconds && { second: "2-digit" }) };
  return at.toLocaleString(language, today ? style : { day: "numeric", month: "short", ...style });
}

/** How long ago, or in how long. */
export function ago(time) {
  const s = (Date.now() - Date.parse(time)) / 1_000;
  return s < -1 ? t("ago.in", { span: span(-s) }) : t("ago.since", { span: span(s) });
}
