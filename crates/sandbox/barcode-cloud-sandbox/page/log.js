// The request log: what there is, then what comes.

import { element, find } from "./elements.js";
import { answered } from "./service.js";

/** So many are shown; the sandbox keeps more. */
const MOST = 200;
const MOST_KNOWN = 2000;

export function setUpLog(service) {
  const log = new Log();
  const address = `${service.adminUrl}/requests`;
  let feed;
  // A page that nobody sees lets go of the feed: browsers have few connections for one address.
  const follow = () => {
    feed?.close();
    feed = document.visibilityState === "hidden" ? undefined : listen(address, log);
  };
  document.addEventListener("visibilitychange", follow);
  follow();
  find("pause").addEventListener("click", () => log.pause());
  find("forget").addEventListener("click", async () => {
    await answered(address, { method: "DELETE" });
    log.clear();
  });
}

function listen(address, log) {
  const feed = new EventSource(`${address}/events`);
  feed.addEventListener("request", (event) => log.add(JSON.parse(event.data)));
  feed.addEventListener("error", () => {
    // A browser does not try again after an answer that is no event stream, such as 503.
    const refused = feed.readyState === EventSource.CLOSED;
    log.tell(
      refused
        ? "The sandbox refuses another live log: close other pages that show it, then load this one again."
        : "The sandbox is gone; waiting for it to come back.",
    );
  });
  // Only now, so that nothing falls between the list and the feed; after a break, again.
  feed.addEventListener("open", async () => {
    const { requests } = await (await answered(address)).json();
    // Those under way come by the feed; those with a fault may have ended without an answer.
    requests.filter((it) => it.status !== null || it.fault).forEach((it) => log.add(it));
    log.tell("");
  });
  return feed;
}

class Log {
  #known = new Set();
  #waiting;

  add(entry) {
    if (this.#known.has(entry.id)) return;
    this.#known.add(entry.id);
    // More than the sandbox keeps need not be known.
    if (this.#known.size > MOST_KNOWN) this.#known.delete(this.#known.values().next().value);
    if (this.#waiting) {
      this.#waiting.push(entry);
      this.tell(`Paused; ${this.#waiting.length} more.`);
    } else {
      this.#show(entry);
    }
  }

  #show(entry) {
    const entries = find("entries");
    entries.prepend(row(entry));
    while (entries.children.length > MOST) entries.lastElementChild.remove();
  }

  /** Holds what comes back, or shows it. */
  pause() {
    const held = this.#waiting;
    this.#waiting = held ? undefined : [];
    held?.forEach((it) => this.#show(it));
    find("pause").textContent = held ? "Pause" : "Go on";
    find("pause").setAttribute("aria-pressed", String(!held));
    this.tell(held ? "" : "Paused.");
  }

  clear() {
    this.#known.clear();
    if (this.#waiting) this.#waiting = [];
    find("entries").replaceChildren();
    this.tell("Forgotten.");
  }

  tell(text) {
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
    element("span", { className: good ? "status good" : "status bad" }, status === null ? "no answer" : String(status)),
    element("code", { className: "path" }, `${method} ${path}`),
    element("span", { className: "quiet" }, [operation, fault && `fault: ${fault}`, warning && "warning"].filter(Boolean).join(", ")),
  );
  const details = element("details", {}, summary);
  // Filled when it is opened: most never are.
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
