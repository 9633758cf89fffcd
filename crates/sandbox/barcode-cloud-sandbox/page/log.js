// The request log: the existing entries, followed by new ones.

import { element, find } from "./elements.js";
import { OWN, fetchChecked } from "./service.js";

/** The maximum number of entries that are shown. The sandbox keeps more. */
const MOST = 200;
const MOST_KNOWN = 2000;

/** Sets up the log. `onRequest` is called after each request. */
export function setUpLog(service, onRequest) {
  const log = new Log();
  const url = `${service.adminUrl}/requests`;
  let feed;
  // A hidden page closes the feed, because browsers limit the connections to a host.
  const follow = () => {
    feed?.close();
    feed = document.visibilityState === "hidden" ? undefined : listen(url, log, onRequest);
  };
  document.addEventListener("visibilitychange", follow);
  follow();
  for (const id of ["log-filter", "log-outcome", "log-own"]) {
    find(id).addEventListener("input", () => log.filter());
  }
  find("pause").addEventListener("click", () => log.pause());
  find("forget").addEventListener("click", async () => {
    await fetchChecked(url, { method: "DELETE" });
    log.clear();
  });
}

function listen(url, log, onRequest) {
  const feed = new EventSource(`${url}/events`);
  feed.addEventListener("request", (event) => {
    log.add(JSON.parse(event.data));
    onRequest();
  });
  feed.addEventListener("error", () => {
    // The browser does not reconnect after a response that is not an event stream, such as 503.
    const rejected = feed.readyState === EventSource.CLOSED;
    log.showStatus(
      rejected
        ? "The sandbox does not accept another live log. Close other pages that show it, then reload this page."
        : "The sandbox does not respond. The page will reconnect when it is available again.",
    );
  });
  // Load the list after the feed is open, so that no entry is missed. This also runs after each reconnect.
  feed.addEventListener("open", async () => {
    const { requests } = await (await fetchChecked(url)).json();
    // The feed delivers requests in flight. A request with a fault may have ended without a response.
    requests.filter((entry) => entry.status !== null || entry.fault).forEach((entry) => log.add(entry));
    log.showStatus("");
  });
  return feed;
}

class Log {
  #known = new Set();
  /** Newest first. */
  #entries = [];
  #waiting;

  add(entry) {
    if (this.#known.has(entry.id)) return;
    this.#known.add(entry.id);
    // The sandbox keeps fewer entries than this, so older ids are not needed.
    if (this.#known.size > MOST_KNOWN) this.#known.delete(this.#known.values().next().value);
    if (this.#waiting) {
      this.#waiting.push(entry);
      this.showStatus(`Paused; ${this.#waiting.length} more.`);
    } else {
      this.#show(entry);
    }
  }

  #show(entry) {
    this.#entries.unshift(entry);
    if (this.#entries.length > MOST_KNOWN) this.#entries.pop();
    if (!isWanted(entry)) return;
    const entries = find("entries");
    entries.prepend(row(entry));
    while (entries.children.length > MOST) entries.lastElementChild.remove();
  }

  /** Shows the entries that the filter selects. */
  filter() {
    const wanted = this.#entries.filter(isWanted);
    find("entries").replaceChildren(...wanted.slice(0, MOST).map(row));
    this.showStatus(wanted.length ? "" : "No request matches the filter.");
  }

  /** Pauses the log, or resumes it and shows the entries that arrived meanwhile. */
  pause() {
    const held = this.#waiting;
    this.#waiting = held ? undefined : [];
    held?.forEach((entry) => this.#show(entry));
    find("pause").textContent = held ? "Pause" : "Resume";
    find("pause").setAttribute("aria-pressed", String(!held));
    this.showStatus(held ? "" : "Paused.");
  }

  clear() {
    this.#known.clear();
    this.#entries = [];
    if (this.#waiting) this.#waiting = [];
    find("entries").replaceChildren();
    this.showStatus("Cleared.");
  }

  showStatus(text) {
    find("log-status").textContent = text;
  }
}

/** Whether the filter selects an entry. */
function isWanted(entry) {
  const own = entry.headers.some(([name, value]) => value === OWN[name]);
  if (own && !find("log-own").checked) return false;
  if (find("log-outcome").value === "failed" && isGood(entry)) return false;
  const { method, path, operation, status, fault, warning, query } = entry;
  const texts = [`${method} ${path}`, operation, status, fault, warning, errorOf(entry), ...query.flat()];
  const wanted = find("log-filter").value.trim().toLowerCase();
  return texts.some((text) => String(text ?? "").toLowerCase().includes(wanted));
}

function isGood({ status }) {
  return status !== null && status < 400;
}

/** The error message in the response, if there is one. */
function errorOf({ response }) {
  try {
    const { error, error_description: description } = JSON.parse(response.text);
    return error?.message ?? description ?? error;
  } catch {
    return undefined;
  }
}

function row(entry) {
  const { method, path, status, operation, fault, warning, duration_ms: duration } = entry;
  const time = new Date(entry.time).toLocaleTimeString([], { hour12: false });
  const good = isGood(entry);
  const error = good ? undefined : errorOf(entry);
  const summary = element(
    "summary",
    {},
    element("time", { dateTime: entry.time }, time),
    element("span", { className: good ? "status good" : "status bad" }, status === null ? "no response" : String(status)),
    element("code", { className: "path" }, `${method} ${path}`),
    element("span", { className: "quiet" }, duration === null ? "" : `${duration.toFixed(1)} ms`),
    element("span", { className: "quiet" }, [operation, fault && `fault: ${fault}`, warning && "warning"].filter(Boolean).join(", ")),
    ...(error ? [element("span", { className: "message bad" }, error)] : []),
  );
  const details = element("details", {}, summary);
  // Filled when it is opened, which most entries never are.
  details.addEventListener("toggle", () => details.append(about(entry)), { once: true });
  return element("li", {}, details);
}

function about({ id, warning, query, headers, body, response }) {
  const table = element("dl", { className: "facts" });
  const add = (name, value) => table.append(element("dt", {}, name), element("dd", {}, element("code", {}, value)));
  add("request", id);
  if (warning) add("warning", warning);
  query.forEach(([name, value]) => add(`? ${name}`, value));
  headers.forEach(([name, value]) => add(name, value));
  for (const [name, { length, media_type: type, text }] of [["request body", body], ["response", response]]) {
    if (length) add(name, `${length} bytes ${type ?? ""}`);
    if (text) add(`${name} text`, text);
  }
  return table;
}
