// Sets up the page.

import { setUpCamera } from "./camera.js";
import { setUpControl, showFaults } from "./control.js";
import { copyButton, copyOnClick } from "./copy.js";
import { element, find, showProblem } from "./elements.js";
import { setUpGenerate } from "./generate.js";
import { setUpLog } from "./log.js";
import { setUpRead } from "./read.js";
import { setUpReference } from "./reference.js";
import { Service } from "./service.js";

/** The settings as shell variables. */
let exports = "";

try {
  copyOnClick(find("copy-exports"), "all settings", () => exports);
  const service = await Service.connect();
  showConnection(service);
  setUpControl(service, () => showConnection(service));
  // A request may have ended a fault.
  setUpLog(service, () => showFaults(service));
  const document = await service.document();
  const read = setUpRead(service, document);
  setUpGenerate(service, document, (picture, preview) => {
    find("read").scrollIntoView();
    read(picture, preview);
  });
  setUpCamera(read);
  setUpReference(service, document);
} catch (error) {
  showProblem(find("trouble"), error);
}

function showConnection(service) {
  const settings = [
    ["Base URL", "BARCODE_CLOUD_BASE_URL", service.baseUrl],
    ["Token URL", "BARCODE_CLOUD_TOKEN_URL", service.tokenUrl],
    ["Client id", "BARCODE_CLOUD_CLIENT_ID", service.clientId],
    ["Client secret", "BARCODE_CLOUD_CLIENT_SECRET", service.clientSecret],
  ];
  const rows = settings.map(([name, variable, value]) =>
    element(
      "div",
      {},
      element("dt", {}, name),
      element("dd", {}, element("code", { id: variable }, value), copyButton(`the ${name.toLowerCase()}`, value)),
    ),
  );
  find("settings").replaceChildren(...rows);
  const quoted = (value) => `'${value.replaceAll("'", `'\\''`)}'`;
  exports = settings.map(([, variable, value]) => `export ${variable}=${quoted(value)}\n`).join("");
}
