// Copies texts, and says so.

import { element, find } from "./elements.js";

/** A button that copies `text`, or what it gives when called. */
export function copyButton(name, text) {
  const button = element("button", { type: "button", className: "copy" }, "Copy");
  button.setAttribute("aria-label", `Copy ${name}`);
  copyOnClick(button, name, text);
  return button;
}

/** Lets a button copy. */
export function copyOnClick(button, name, text) {
  const label = button.textContent;
  let back;
  button.addEventListener("click", async () => {
    const done = await copy(typeof text === "function" ? text() : text);
    button.textContent = done ? "Copied" : "Not copied";
    find("copied").textContent = done ? `Copied ${name}.` : `The browser did not let ${name} be copied.`;
    clearTimeout(back);
    back = setTimeout(() => {
      button.textContent = label;
      find("copied").textContent = "";
    }, 2000);
  });
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Without TLS there is a clipboard only at loopback addresses.
    return copyBySelection(text);
  }
}

function copyBySelection(text) {
  const focused = document.activeElement;
  const area = element("textarea", { value: text, className: "hidden-but-read", ariaHidden: "true" });
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  focused?.focus();
  return done;
}
