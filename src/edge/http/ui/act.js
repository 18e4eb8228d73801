/** What an operator does: a question with its fields, one command, and what came of it. */
import { h, put, say } from "./dom.js";
import { count, t } from "./words.js";

let opened = 0;

/** What went wrong, in the reader's words, with the daemon's own where they say more. */
export function explain(error) {
  const problem = error.problem ?? { code: "away" };
  if (problem.code === "forbidden") {
    return [t("problem.forbidden", { needed: String(problem.detail ?? "").replace(/^needed: /, "") })];
  }
  if (error.retry) return [t("problem.outcome_unknown")];
  const words = t(`problem.${problem.code}`, {}, problem.title ?? problem.code ?? error.message);
  const short = (problem.lines ?? []).map((line) => t("problem.short", line));
  return [[words, ...short].join(" "), problem.detail && problem.detail !== words ? problem.detail : undefined];
}

/** The same as an element. What the daemon says itself is English. */
export function trouble(error) {
  const [words, detail] = explain(error);
  return h("div", { class: "trouble" }, h("p", {}, words), detail && h("p", { lang: "en", class: "soft" }, detail));
}

/**
 * Asks for what a change needs, and for confirmation. `fields` are `{ name, label, kind, value, options, required, hint }`
 * with the kinds `text`, `whole`, `choice` and `flag`; `run(values, key)` makes the change under a key of this question.
 * Answers what `run` did, or `undefined` where nobody wanted it.
 */
export function ask({ title, text, fields = [], confirm, danger, run, done }) {
  const key = `question-${++opened}`;
  const before = document.activeElement;
  return new Promise((resolve) => {
    const errors = h("div", { role: "alert" });
    const go = h("button", { class: danger ? "button bad" : "button first", type: "submit", "data-act": "confirm" }, confirm.replace(/ …$/, ""));
    const leave = h("button", { class: "button", type: "button", onclick: () => dialog.close() }, t("act.back"));
    const inputs = fields.map((field) => [field, input(field, key)]);
    const form = h("form", { novalidate: true, onsubmit: (event) => { event.preventDefault(); submit(); } },
      h("h2", { id: `${key}-title` }, title),
      text && h("p", { class: "soft" }, text),
      inputs.map(([field, element]) => labelled(field, element)),
      errors,
      h("div", { class: "buttons" }, leave, go));
    const dialog = h("dialog", { "aria-labelledby": `${key}-title` }, form);
    let answer;
    const submit = async () => {
      const wrong = inputs.find(([field, element]) => !fits(field, element));
      if (wrong) {
        put(errors, h("p", { class: "trouble" }, t(wrong[0].kind === "whole" ? "act.whole" : "act.missing", { field: wrong[0].label })));
        wrong[1].focus();
        return;
      }
      go.disabled = true;
      try {
        const values = Object.fromEntries(inputs.map(([field, element]) => [field.name, value(field, element)]));
        answer = await run(values, key) ?? true;
        say(done ?? t("act.done"));
        dialog.close();
      } catch (error) {
        put(errors, trouble(error));
      }
      go.disabled = false;
    };
    dialog.addEventListener("close", () => {
      dialog.remove();
      if (before?.isConnected) before.focus();
      resolve(answer);
    });
    document.body.append(dialog);
    dialog.showModal();
    (inputs[0]?.[1] ?? (danger ? leave : go)).focus();
  });
}

function input(field, key) {
  const id = `${key}-${field.name}`;
  if (field.kind === "choice") {
    const option = ([name, words]) => h("option", { value: name, selected: name === field.value }, words);
    return h("select", { id }, field.options.map(option));
  }
  if (field.kind === "flag") return h("input", { id, type: "checkbox" });
  const whole = field.kind === "whole";
  return h("input", {
    id, type: "text", autocomplete: "off", inputmode: whole ? (field.signed ? "text" : "numeric") : undefined,
    maxlength: 128, value: field.value, required: field.required, spellcheck: "false", autocapitalize: "off",
    list: field.suggestions ? `${id}-list` : undefined, "aria-describedby": field.hint ? `${id}-hint` : undefined,
  });
}

function labelled(field, element) {
  const hint = field.hint && h("p", { class: "hint", id: `${element.id}-hint` }, field.hint);
  const list = field.suggestions
    && h("datalist", { id: `${element.id}-list` }, field.suggestions.map((one) => h("option", { value: one })));
  const label = h("label", { for: element.id }, field.label);
  return h("div", { class: field.kind === "flag" ? "field flag" : "field" },
    field.kind === "flag" ? [element, label] : [label, element], hint, list);
}

function fits(field, element) {
  if (field.kind !== "whole") return !field.required || element.value.trim() !== "";
  return value(field, element) !== undefined;
}

function value(field, element) {
  if (field.kind === "flag") return element.checked;
  const text = element.value.trim();
  if (field.kind !== "whole") return text || undefined;
  const figure = Number(text.replace("−", "-"));
  const range = field.signed ? figure !== 0 : figure >= (field.least ?? 0) && figure <= (field.most ?? Infinity);
  return text !== "" && Number.isSafeInteger(figure) && range ? figure : undefined;
}

/** A button that does one thing at once; while it does, it can't be pressed. `place` is where trouble is shown. */
export function doer(words, { act, first, place, run, done }) {
  const button = h("button", { class: first ? "button first" : "button", type: "button", "data-act": act }, words);
  button.addEventListener("click", async () => {
    if (button.getAttribute("aria-disabled")) return;
    button.setAttribute("aria-disabled", "true");
    try {
      await run();
      put(place);
      say(done ?? t("act.done"));
    } catch (error) {
      put(place, trouble(error));
      say(explain(error).filter(Boolean).join(" "), true);
    }
    button.removeAttribute("aria-disabled");
  });
  return button;
}

/** A state in words; its colour says the same again. */
export function badge(words, tone) {
  return h("span", { class: `badge ${tone}` }, words);
}

/** A figure that lines up with others. */
export const figure = (units, properties) => h("td", { class: "figure", ...properties }, units === undefined ? "" : count(units));
