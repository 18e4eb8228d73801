/** The page: which view is shown, in which language, with which token, and whether the daemon is there. */
import * as alerts from "./alerts.js";
import { bear, borne, get, whenUnauthorised } from "./api.js";
import { h, put, say, Stay, write } from "./dom.js";
import * as health from "./health.js";
import { connect, standing, watch } from "./live.js";
import * as order from "./order.js";
import * as orders from "./orders.js";
import * as overview from "./overview.js";
import * as sku from "./sku.js";
import * as stock from "./stock.js";
import { ago, languages, speak, spoken, t } from "./words.js";
import * as work from "./work.js";

const VIEWS = { "": overview, stock, sku, orders, order, floor: work, alerts, health };
/** Views that stand under another one's name in the navigation. */
const UNDER = { sku: "stock", order: "orders" };

const TICK_MS = 5_000;
const ASK_AGAIN_MS = 2_000;

const at = (id) => document.getElementById(id);
const main = at("main");

let stay;

/** Shows what the address names. `first` is true where nobody has moved: then the focus stays where it is. */
function route(first) {
  const [path, parameters] = location.hash.replace(/^#\/?/, "").split("?");
  const [view, name] = path.split("/");
  stay?.end();
  stay = new Stay();
  main.className = `view-${view || "overview"}`;
  put(main);
  (VIEWS[view] ?? overview).show(main, { stay, name: named(name), parameters: new URLSearchParams(parameters) });
  const place = UNDER[view] ?? view;
  for (const link of document.querySelectorAll("#places a")) {
    const here = link.getAttribute("href") === `#/${place}`;
    if (here) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  const heading = main.querySelector("h1");
  document.title = `${heading?.textContent ?? ""} · lagerd`;
  if (first) return;
  scrollTo(0, 0);
  heading?.focus();
}

function named(text = "") {
  try { return decodeURIComponent(text); } catch { return text; }
}

/** What the page itself says, in the language there is now. */
function translate() {
  document.documentElement.lang = spoken();
  for (const element of document.querySelectorAll("[data-t]")) write(element, t(element.dataset.t));
  for (const element of document.querySelectorAll("[data-t-label]")) element.setAttribute("aria-label", t(element.dataset.tLabel));
  put(at("languages"), languages.map((language) => h("button", {
    class: "chip small", type: "button", lang: language, "aria-pressed": String(language === spoken()), onclick: () => { speak(language); translate(); route(true); },
  }, language.toUpperCase())));
  stand(standing());
}

function stand(state) {
  at("standing").className = `standing ${state}`;
  write(at("standing-words"), t(`standing.${state}`));
  at("sign-out").hidden = borne() === undefined;
}

/** Asks for a token until one is good. */
let asking = false;
function signIn(wrong) {
  if (asking) return;
  asking = true;
  stay?.end();
  const field = h("input", { id: "token", type: "password", autocomplete: "off", spellcheck: "false", required: true });
  const errors = h("div", { role: "alert" }, wrong && h("p", { class: "trouble" }, t("token.wrong")));
  const form = h("form", { class: "card sign-in", novalidate: true, onsubmit: (event) => {
    event.preventDefault();
    bear(field.value.trim() || undefined);
    asking = false;
    begin();
  } }, h("h1", { tabindex: "-1" }, t("token.title")), h("p", { class: "soft" }, t("token.text")),
  h("div", { class: "field" }, h("label", { for: "token" }, t("token.token")), field), errors, h("button", { class: "button first", type: "submit" }, t("token.go")));
  put(main, form);
  document.title = `${t("token.title")} · lagerd`;
  field.focus();
}

/** Whether the daemon is there and knows who asks; then everything begins. */
async function begin() {
  try {
    await get("v1/fulfilments?limit=1");
  } catch (error) {
    // `signIn` is under way.
    if (error.status === 401) return;
    // A token that may see no work may see other things.
    if (error.status !== 403) {
      stand("away");
      setTimeout(begin, ASK_AGAIN_MS);
      return;
    }
  }
  connect();
  route(true);
}

whenUnauthorised(() => {
  const wrong = borne() !== undefined;
  bear(undefined);
  stand("refused");
  signIn(wrong);
});
watch((state) => {
  stand(state);
  if (state === "away") say(t("standing.away"));
});
at("sign-out").addEventListener("click", () => { bear(undefined); begin(); });
at("skip").addEventListener("click", (event) => { event.preventDefault(); (main.querySelector("h1") ?? main).focus(); });
addEventListener("hashchange", () => route(false));
setInterval(() => { for (const time of document.querySelectorAll("time[data-ago]")) write(time, ago(time.dateTime)); }, TICK_MS);
translate();
begin();
