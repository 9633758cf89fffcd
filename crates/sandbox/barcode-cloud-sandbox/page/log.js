// The request log: the existing entries, followed by new ones.

import { element, find } from "./elements.js";
import { fetchChecked } from "./service.js";

/** The maximum number of entries that are shown. The sandbox keeps more. */
const MOST = 200;
const MOST_KNOWN = 2000;

export function setUpLog(service) {
  const log = new Log();
  const url = `${service.adminUrl}/requests`;
  let feed;
  // A hidden page closes the feed, because browsers limit the connections to a host.
  const follow = () => {
    feed?.close();
    feed = document.visibilityState === "hidden" ? undefined : listen(url, log);
  };
  document.addEventListener("visibilitychange", follow);
  follow();
  find("pause").addEventListener("click", () => log.pause());
  find("forget").addEventListener("click", async () => {
    await fetchChecked(url, { method: "DELETE" });
    log.clear();
  });
}

function listen(url, log) {
  const feed = new EventSource(`${url}/events`);
  feed.addEventListener("request", (event) => log.add(JSON.parse(event.data)));
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
    const entries = find("entries");
    entries.prepend(row(entry));
    while (entries.children.length > MOST) entries.lastElementChild.remove();
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
    if (this.#waiting) this.#waiting = [];
    find("entries").replaceChildren();
    this.showStatus("Cleared.");
  }

  showStatus(text) {
    find("log-status").textContent = text;
  }
}

function row(entry) {
  const { method, path, status, operation, fault, warning } = entry;
  const time = new Date(entry.time).toLocaleTimeString([], { hour12: false });
  const good = status !== null && status < 400;
  const summary = element(
    "summary",
    {},
    element("time", { dateTime: entry.time }, time),
    element("span", { className: good ? "status good" : "status bad" }, status === null ? "no response" : String(status)),
    element("code", { className: "path" }, `${method} ${path}`),
    element("span", { className: "quiet" }, [operation, fault && `fault: ${fault}`, warning && "warning"].filter(Boolean).join(", ")),
  );
  const details = element("details", {}, summary);
  // Filled when it is opened, which most entries never are.
  details.addEventListener("toggle", () => details.append(about(entry)), { once: true });
  return element("li", {}, details);
}

function about({ id, warning, query, headers, body }) {
  const table = element("dl", { className: "facts" });
  const add = (name, value) => table.append(element("dt", {}, name), element("dd", {}, element("code", {}, value)));
  add("request", id);
  if (warning) add("warning", warning);
  query.forEach(([name, value]) => add(`? ${name}`, value));
  headers.forEach(([name, value]) => add(name, value));
  if (body.length) add("body", `${body.length} bytes ${body.media_type ?? ""}`);
  if (body.text) add("text", body.text);
  return table;
}
