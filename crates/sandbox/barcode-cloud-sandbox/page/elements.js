// Creates and finds elements. Text is always inserted as text, so that no request data is parsed as markup.

export const find = (id) => document.getElementById(id);

/** An element with these children and properties. A name that is not a property is set as an attribute. */
export function element(tag, properties = {}, ...children) {
  return fill(document.createElement(tag), properties, children);
}

/** The same for SVG. */
export function drawing(tag, properties = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), properties, children);
}

function fill(made, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined) continue;
    const isProperty = name in made && !(made instanceof SVGElement);
    if (isProperty) made[name] = value;
    else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

/** Shows an error: the message of the service, its code, and the id of the request. */
export function showProblem(place, error) {
  if (!error) return place.replaceChildren();
  const parts = [element("strong", {}, error.message)];
  if (error.description) parts.push(element("span", {}, error.description));
  const facts = [error.status && `status ${error.status}`, error.code].filter(Boolean).join(", ");
  if (facts) parts.push(element("span", { className: "quiet" }, facts));
  if (error.requestId) {
    parts.push(element("span", { className: "quiet" }, "request ", element("code", {}, error.requestId)));
  }
  place.replaceChildren(element("div", { className: "error" }, ...parts));
}

/** Formats a size in bytes. */
export function size(bytes) {
  return bytes < 1000 ? `${bytes} bytes` : `${(bytes / 1000).toFixed(1)} kB`;
}
