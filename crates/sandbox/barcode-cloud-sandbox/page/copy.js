// Copies text to the clipboard and shows the result.

import { element, find } from "./elements.js";

/** A button that copies `text`, or the result of `text` if it is a function. */
export function copyButton(name, text) {
  const button = element("button", { type: "button", className: "copy" }, "Copy");
  button.setAttribute("aria-label", `Copy ${name}`);
  copyOnClick(button, name, text);
  return button;
}

/** Makes a button copy `text` when it is clicked. */
export function copyOnClick(button, name, text) {
  const label = button.textContent;
  let back;
  button.addEventListener("click", async () => {
    const done = await copy(typeof text === "function" ? text() : text);
    button.textContent = done ? "Copied" : "Not copied";
    find("copied").textContent = done ? `Copied ${name}.` : `The browser did not allow copying ${name}.`;
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
    // Without TLS, browsers provide the clipboard API only on loopback addresses.
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
