// The API reference: the packaged Swagger UI with the document of the sandbox. It is loaded when it is opened.

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
    // Replace the token of Swagger UI, which may have expired, by a valid one.
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

/** Adds the text alternatives for screen readers that Swagger UI lacks. */
function nameParts(root) {
  const name = () => {
    for (const image of root.querySelectorAll("img:not([alt])")) image.alt = "The image in the response";
    for (const button of root.querySelectorAll("button:not([aria-label], [title])")) {
      if (button.textContent.trim() === "") button.setAttribute("aria-label", "Copy");
    }
    // The definitions of the icons.
    root.querySelector("svg.svg-assets")?.setAttribute("aria-hidden", "true");
    for (const choice of root.querySelectorAll("select:not([aria-label])")) {
      const parameter = choice.closest("[data-param-name]")?.dataset.paramName;
      choice.setAttribute("aria-label", parameter ?? (choice.id === "servers" ? "Server" : "Media type"));
    }
  };
  new MutationObserver(name).observe(root, { childList: true, subtree: true });
  name();
}

/** Swagger UI switches to its dark mode by a class. */
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
