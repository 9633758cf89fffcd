// The reference: the packaged Swagger UI on the sandbox's own document, loaded when it is wanted.

import { element, find, showProblem } from "./elements.js";

const FILES = "/_sandbox/reference";

export function setUpReference(service, document) {
  const button = find("open-reference");
  find("document").href = service.documentUrl;
  let loaded;
  const open = async (wanted) => {
    button.setAttribute("aria-expanded", String(wanted));
    button.textContent = wanted ? "Close the reference" : "Open the reference";
    find("swagger").hidden = !wanted;
    if (!wanted) return;
    loaded ??= load(service, document);
    await loaded.catch((error) => {
      loaded = undefined;
      showProblem(find("reference-status"), error);
    });
  };
  button.addEventListener("click", () => open(button.getAttribute("aria-expanded") === "false"));
}

async function load(service, document) {
  find("reference-status").textContent = "Loading…";
  await Promise.all([style(`${FILES}/swagger-ui.css`), script(`${FILES}/swagger-ui-bundle.js`)]);
  followColors();
  nameParts(find("swagger"));
  const token = await service.token();
  await new Promise((resolve) => show(service, document, token, resolve));
  find("reference-status").textContent = "";
}

function show(service, document, token, onComplete) {
  const ui = window.SwaggerUIBundle({
    domNode: find("swagger"),
    spec: document,
    docExpansion: "list",
    defaultModelsExpandDepth: 0,
    displayRequestDuration: true,
    validatorUrl: null,
    // Who has a token has a good one, also after an hour.
    requestInterceptor: async (request) => {
      if (request.headers?.Authorization) request.headers.Authorization = `Bearer ${await service.token()}`;
      return request;
    },
    onComplete,
  });
  ui.initOAuth({ clientId: service.clientId, clientSecret: service.clientSecret });
  for (const [name, schema] of Object.entries(document.components.securitySchemes)) {
    const auth = { name, schema, flow: "clientCredentials", clientId: service.clientId };
    ui.authActions.authorizeOauth2({ auth, token: { access_token: token, token_type: "Bearer" } });
  }
}

/** Gives words to what Swagger UI leaves without them for a screen reader. */
function nameParts(root) {
  const name = () => {
    for (const image of root.querySelectorAll("img:not([alt])")) image.alt = "The picture that was answered";
    for (const button of root.querySelectorAll("button:not([aria-label], [title])")) {
      if (button.textContent.trim() === "") button.setAttribute("aria-label", "Copy");
    }
    // The store of its icons.
    root.querySelector("svg.svg-assets")?.setAttribute("aria-hidden", "true");
    for (const choice of root.querySelectorAll("select:not([aria-label])")) {
      const parameter = choice.closest("[data-param-name]")?.dataset.paramName;
      choice.setAttribute("aria-label", parameter ?? (choice.id === "servers" ? "Server" : "Media type"));
    }
  };
  new MutationObserver(name).observe(root, { childList: true, subtree: true });
  name();
}

/** Swagger UI is dark by a class. */
function followColors() {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const follow = () => window.document.documentElement.classList.toggle("dark-mode", dark.matches);
  dark.addEventListener("change", follow);
  follow();
}

const style = (href) => loaded(element("link", { rel: "stylesheet", href }));
const script = (src) => loaded(element("script", { src }));

function loaded(made) {
  return new Promise((resolve, reject) => {
    made.addEventListener("load", resolve);
    made.addEventListener("error", () => reject(new Error("The reference could not be loaded.")));
    window.document.head.append(made);
  });
}
