// Creates form fields from the OpenAPI document. Names, choices, bounds, defaults and descriptions come from
// the document, so that they are always correct.

import { element } from "./elements.js";

/** Resolves a reference. Keywords next to `$ref` take precedence over those of the target. */
export function resolved(document, schema) {
  if (!schema?.$ref) return schema ?? {};
  const steps = schema.$ref.slice(2).split("/");
  const target = steps.reduce((value, step) => value[step], document);
  return { ...resolved(document, target), ...schema };
}

/** The operation of this id, with its path. */
export function operation(document, id) {
  for (const [path, item] of Object.entries(document.paths)) {
    for (const found of Object.values(item)) {
      if (found.operationId === id) return { path, ...found };
    }
  }
  throw new Error(`The document has no operation ${id}.`);
}

/** The names of barcode types, and of other things that are not ordinary words. */
const NAMES = { qr: "QR", pdf417: "PDF417", code128: "Code 128", microqr: "Micro QR", url: "URL", rect: "Rectangular" };

/** `imageFormat` -> `Image format`, `qrECIEncoding` -> `QR ECI encoding`. */
export function label(name) {
  const spaced = name.replaceAll(/microqr/gi, "Microqr");
  const words = spaced.match(/[A-Z]+(?![a-z])\d*|[A-Z]?[a-z]+\d*|\d+/g) ?? [name];
  const plain = words.map((word) => {
    const lower = word.toLowerCase();
    return NAMES[lower] ?? (/^[A-Z]{2,}/.test(word) ? word : lower);
  });
  const text = plain.join(" ");
  return text[0].toUpperCase() + text.slice(1);
}

/** Disables the choices that this build does not support, and says so. */
export function disable(select, isUnsupported) {
  for (const option of select.options) {
    if (!isUnsupported(option.value)) continue;
    option.disabled = true;
    option.textContent = `${option.value} (not in this build)`;
  }
}

/** The label, the control and the description of a parameter. */
export function field(document, prefix, { name, required, description, schema }) {
  const kind = resolved(document, schema);
  const id = `${prefix}-${name}`;
  const hint = plain(description ?? kind.description);
  const main = control(kind, { id, name, required, hint: hint && `${id}-hint` });
  const parts = [element("label", { htmlFor: id }, label(name))];
  const isColor = /color$/i.test(name);
  parts.push(isColor ? element("span", { className: "pair" }, main, swatch(main, label(name))) : main);
  if (hint) parts.push(element("p", { id: `${id}-hint`, className: "hint" }, hint));
  return element("div", { className: `field field-${name}` }, ...parts);
}

function control(kind, { id, name, required, hint }) {
  const about = { id, name, "aria-describedby": hint, required };
  const type = [kind.type].flat().find((name) => name !== "null");
  if (kind.enum) return choice(about, kind.enum, required ? undefined : kind.default);
  if (type === "boolean") return choice(about, ["true", "false"]);
  if (type === "integer" || type === "number") {
    const step = type === "integer" ? 1 : "any";
    return element("input", { ...about, type: "number", step, min: kind.minimum, max: kind.maximum });
  }
  if (name === "data") return element("textarea", { ...about, rows: 2, spellcheck: false });
  return element("input", { ...about, type: "text", placeholder: kind.default ?? "", spellcheck: false, autocomplete: "off" });
}

function choice(about, values, otherwise) {
  const unset = otherwise ? `Default (${otherwise})` : "Default";
  const first = about.required ? [] : [element("option", { value: "" }, unset)];
  const options = values.map((value) => element("option", { value }, value));
  return element("select", about, ...first, ...options);
}

/** A color picker that fills the text field next to it. */
function swatch(text, name) {
  const start = /foreground/i.test(text.name) ? "#000000" : "#ffffff";
  const picker = element("input", { type: "color", value: start, ariaLabel: `Pick ${name.toLowerCase()}` });
  picker.addEventListener("input", () => {
    text.value = picker.value;
    text.dispatchEvent(new Event("input", { bubbles: true }));
  });
  text.addEventListener("input", () => {
    if (/^#[0-9a-f]{6}$/i.test(text.value)) picker.value = text.value;
  });
  return picker;
}

/** The names and values of the form fields that are filled in. */
export function values(form) {
  return [...new FormData(form)].filter(([, value]) => typeof value === "string" && value !== "");
}

/** The first paragraph of a Markdown text, without the code marks. */
function plain(markdown) {
  return markdown?.split("\n\n")[0].replaceAll("`", "");
}
