// Faults, revoked tokens, additional clients and the reset.

import { element, find, showProblem } from "./elements.js";

/** The faults that can be chosen by name, and their text form. */
const CHOICES = [
  ["Error 503: the service is unavailable", "status=503"],
  ["Error 429: too many requests, retry after 5 seconds", "status=429; retry-after=5"],
  ["Error 500: internal error", "status=500"],
  ["Error 401: the token has expired", "unauthorized"],
  ["The response is 2 seconds late", "delay=2s"],
  ["No response", "hang"],
  ["The connection is reset", "reset"],
  ["The connection is reset in the middle of the response", "reset-in-body"],
  ["Half of the response body is missing", "truncate"],
  ["The response body is empty", "empty"],
  ["An HTML page instead of the response", "html=502"],
];
const CUSTOM = "custom";

/** Sets up the section. `onClient` is called after the page has changed to another client. */
export function setUpControl(service, onClient) {
  const choice = find("fault-choice");
  choice.append(...CHOICES.map(([name, steps]) => element("option", { value: steps }, name)));
  choice.append(element("option", { value: CUSTOM }, "Other steps"));
  choice.addEventListener("change", () => (find("fault-custom").hidden = choice.value !== CUSTOM));
  const names = service.operations.map((name) => element("option", { value: name }, name === "token" ? "Token endpoint" : name));
  find("fault-operation").append(...names);

  const act = (id, event, action) => find(id).addEventListener(event, async (event) => {
    event.preventDefault();
    try {
      find("control-status").textContent = await action();
      showProblem(find("control-problem"), undefined);
    } catch (error) {
      find("control-status").textContent = "";
      showProblem(find("control-problem"), error);
    }
    await showFaults(service);
  });
  act("fault-form", "submit", () => addFault(service));
  act("fault-clear", "click", async () => {
    await service.admin("DELETE", "/faults");
    return "All faults were removed.";
  });
  act("revoke", "click", async () => {
    await service.admin("POST", "/tokens/revoke", {});
    return "All tokens were revoked. This page obtains a new one when it needs it.";
  });
  act("reset", "click", async () => {
    await service.admin("POST", "/reset");
    location.reload();
    return "The sandbox was reset.";
  });
  act("client-form", "submit", async () => {
    const [id, secret] = ["new-client-id", "new-client-secret"].map((name) => find(name).value);
    await service.admin("POST", "/clients", { client_id: id, client_secret: secret });
    service.use(id, secret);
    onClient();
    return `The client ${id} was added. This page uses it now.`;
  });
  showFaults(service);
}

async function addFault(service) {
  const chosen = find("fault-choice").value;
  const times = find("fault-times").value;
  await service.admin("POST", "/faults", {
    steps: chosen === CUSTOM ? find("fault-steps").value : chosen,
    operation: find("fault-operation").value || undefined,
    times: times === "forever" ? times : Number(times),
  });
  return "The fault was added.";
}

/** Shows the active faults, each with a button that removes it. */
export async function showFaults(service) {
  const { scripts } = await (await service.admin("GET", "/faults")).json();
  find("faults").replaceChildren(...scripts.map((script) => row(service, script)));
}

function row(service, { id, steps, operation, times_left: left }) {
  const times = left === null ? "until it is removed" : left === 1 ? "once" : `${left} times`;
  const text = steps.join(", ");
  const remove = element("button", { type: "button", className: "copy", ariaLabel: `Remove the fault ${text}` }, "Remove");
  remove.addEventListener("click", async () => {
    // The fault may have ended meanwhile.
    await service.admin("DELETE", `/faults/${id}`).catch(() => {});
    await showFaults(service);
  });
  const where = element("span", { className: "quiet" }, `${operation ?? "all operations"}, ${times}`);
  return element("li", {}, element("code", {}, text), where, remove);
}
