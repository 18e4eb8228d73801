/** Elements, and lists of them that keep their place and focus while their contents change. */

/**
 * Makes an element. Children that are texts become text: nothing that came from anywhere is ever read as HTML. Properties
 * are attributes, `on…` are listeners; what is undefined, null or false is left out.
 */
export function h(name, properties, ...children) {
  return fill(document.createElement(name), properties, children);
}

/** The same for pictures. */
export function svg(name, properties, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", name), properties, children);
}

function fill(element, properties, children) {
  for (const [key, value] of Object.entries(properties ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key === "value") element.value = value;
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...shown(children));
  return element;
}

const shown = (children) => children.flat(Infinity)
  .filter((child) => child !== undefined && child !== null && child !== false);

/** Puts other children into an element. */
export function put(element, ...children) {
  element.replaceChildren(...shown(children));
  return element;
}

/** Sets a text, touching nothing where it is there already; answers whether it was another one. */
export function write(element, text) {
  const said = String(text);
  if (element.textContent === said) return false;
  element.textContent = said;
  return true;
}

/**
 * Makes a list's children agree with its items. What has not changed stays the node it is; what has is made anew, and
 * keeps the focus where it had it (elements with the same `data-act`).
 */
export function keyed(parent, items, key, make) {
  const seen = new Map();
  const wanted = items.map((item) => {
    const name = String(key(item));
    seen.set(name, (seen.get(name) ?? 0) + 1);
    return [`${name}#${seen.get(name)}`, item];
  });
  const active = parent.contains(document.activeElement) ? document.activeElement : undefined;
  const row = active?.closest("[data-key]")?.dataset.key;
  const act = active?.dataset.act;
  const ids = new Set(wanted.map(([id]) => id));
  for (const node of [...parent.children]) if (!ids.has(node.dataset.key)) node.remove();
  const before = new Map([...parent.children].map((node) => [node.dataset.key, node]));
  let at = parent.firstElementChild;
  for (const [id, item] of wanted) {
    const said = JSON.stringify(item);
    let node = before.get(id);
    if (node?.said !== said) {
      const fresh = make(item);
      fresh.dataset.key = id;
      fresh.said = said;
      if (node === at) at = at?.nextElementSibling ?? null;
      node?.remove();
      node = fresh;
    }
    if (node === at) at = node.nextElementSibling;
    else parent.insertBefore(node, at);
  }
  if (active && !active.isConnected) refocus(parent, row, act);
}

function refocus(parent, row, act) {
  const node = [...parent.children].find((child) => child.dataset.key === row);
  const buttons = [...(node ?? parent).querySelectorAll("button, a[href]")];
  (buttons.find((button) => act && button.dataset.act === act) ?? buttons[0] ?? node)?.focus();
}

/** What belongs to one view and ends with it: requests, timers, what it follows. */
export class Stay {
  #ends = [];
  #abort = new AbortController();

  get signal() { return this.#abort.signal; }
  get over() { return this.#abort.signal.aborted; }

  /** Does it now, and again some time after each end of it, while the page is looked at. */
  every(ms, work) {
    let timer, running = false, again = false;
    const run = async () => {
      clearTimeout(timer);
      if (this.over) return;
      if (running) { again = true; return; }
      running = true;
      try { if (!document.hidden) await work(); } finally {
        running = false;
        if (!this.over) timer = setTimeout(run, again ? 0 : ms);
        again = false;
      }
    };
    const seen = () => document.hidden || run();
    document.addEventListener("visibilitychange", seen);
    this.ends(() => { clearTimeout(timer); document.removeEventListener("visibilitychange", seen); });
    run();
    return run;
  }

  /** Calls it when the view ends. */
  ends(end) { this.#ends.push(end); }

  end() {
    this.#abort.abort();
    for (const end of this.#ends.splice(0)) end();
  }
}

/** The same as a function that waits until it has not been called for a moment. */
export function calmly(ms, work) {
  let timer;
  return () => { clearTimeout(timer); timer = setTimeout(work, ms); };
}

/** Tells those who hear the page what those who see it see. */
export function say(text, urgent = false) {
  const place = document.getElementById(urgent ? "alarm" : "said");
  place.textContent = "";
  requestAnimationFrame(() => { place.textContent = text; });
}
