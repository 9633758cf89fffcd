// A form that generates a barcode while it is filled in.

import { copyOnClick } from "./copy.js";
import { element, find, showProblem, size } from "./elements.js";
import { disable, field, operation, resolved, values } from "./fields.js";

/** How long to wait after a key press before the barcode is generated again, in milliseconds. */
const PAUSE = 250;

/** The initial values of the form. */
const EXAMPLE = { barcodeType: "QR", data: "Hello, world" };

/** The fields that are always visible. The others are in collapsed groups. */
const FIRST = ["barcodeType", "imageFormat", "data", "foregroundColor", "backgroundColor"];

export function setUpGenerate(service, document, read) {
  const form = find("generate-form");
  const call = operation(document, "Generate");
  layOut(document, call.parameters);
  disable(form.elements.barcodeType, (type) => !service.writable.has(type));
  for (const [name, value] of Object.entries(EXAMPLE)) form.elements[name].value = value;
  const drawer = new Drawer(service, call.path);
  let timer;
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(() => drawer.draw(form), PAUSE);
  };
  form.addEventListener("input", later);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(timer);
    drawer.draw(form);
  });
  copyOnClick(find("copy-request"), "the request", () => drawer.curl());
  find("read-it").addEventListener("click", () => read(drawer.picture, drawer.preview));
  drawer.draw(form);
}

/** Creates the fields in groups, which are those of the request body of the same operation. */
function layOut(document, parameters) {
  const byName = new Map(parameters.map((parameter) => [parameter.name, parameter]));
  const take = (names) => {
    const taken = names.map((name) => byName.get(name)).filter(Boolean);
    taken.forEach(({ name }) => byName.delete(name));
    return taken.map((parameter) => field(document, "generate", parameter));
  };
  const place = find("generate-fields");
  place.append(...take(FIRST));
  const groups = resolved(document, { $ref: "#/components/schemas/GenerateParams" }).properties ?? {};
  const made = [];
  for (const [name, reference] of Object.entries(groups)) {
    const group = resolved(document, reference);
    const fields = take(Object.keys(group.properties ?? {}));
    if (fields.length) made.push(foldedGroup(name, group.description, fields));
  }
  const others = take([...byName.keys()]);
  if (others.length) made.push(foldedGroup("others", "Other settings.", others));
  place.append(...made.map((group) => group.box));
  const type = find("generate-barcodeType");
  const show = () => made.forEach((group) => group.showFor(type.value));
  type.addEventListener("change", show);
  type.value = EXAMPLE.barcodeType;
  show();
}

/** A collapsed group of settings. It is hidden while the selected type does not use them. */
function foldedGroup(name, description, fields) {
  const types = [...description.matchAll(/`(\w+)`/g)].map(([, type]) => type);
  const summary = description.replaceAll("`", "").replace(/\.$/, "");
  const inner = element("fieldset", { className: "fields" });
  inner.append(element("legend", { className: "hidden-but-read" }, summary), ...fields);
  const box = element("details", { className: `group group-${name}` }, element("summary", {}, summary), inner);
  const showFor = (type) => {
    const concerns = types.length === 0 || types.includes(type);
    box.hidden = !concerns;
    inner.disabled = !concerns;
  };
  return { box, showFor };
}

/** Generates one barcode at a time: a new request cancels the previous one. */
class Drawer {
  #underWay;
  #addresses = [];
  picture;
  /** An image that the browser can display. */
  preview;

  constructor(service, path) {
    this.service = service;
    this.path = path;
  }

  async draw(form) {
    this.#underWay?.abort();
    const wish = (this.#underWay = new AbortController());
    const { path, type, data } = this.#request(form);
    find("request-line").textContent = `GET ${new URL(this.service.baseUrl).pathname}${path}`;
    find("copy-request").hidden = false;
    try {
      const response = await this.service.call(path, { signal: wish.signal });
      const picture = await response.blob();
      if (wish.signal.aborted) return;
      const preview = picture.type === "image/tiff" ? await this.#asPng(path, wish.signal) : picture;
      await this.#show(picture, preview, type, data);
      if (wish.signal.aborted) return;
      showProblem(find("generate-problem"), undefined);
    } catch (error) {
      if (error.name === "AbortError" || wish.signal.aborted) return;
      this.#hide();
      showProblem(find("generate-problem"), error);
    }
  }

  #request(form) {
    const given = values(form);
    const inPath = (name) => this.path.includes(`{${name}}`);
    const query = new URLSearchParams(given.filter(([name]) => !inPath(name)));
    const path = given.reduce(
      (path, [name, value]) => path.replace(`{${name}}`, encodeURIComponent(value)),
      this.path,
    );
    return { path: `${path}?${query}`, type: form.elements.barcodeType.value, data: form.elements.data.value };
  }

  /** The same barcode in a format that browsers can display. */
  async #asPng(path, signal) {
    const query = new URLSearchParams(path.split("?")[1]);
    query.set("imageFormat", "Png");
    return (await this.service.call(`${path.split("?")[0]}?${query}`, { signal })).blob();
  }

  async #show(picture, preview, type, data) {
    this.#addresses.forEach((address) => URL.revokeObjectURL(address));
    this.#addresses = [preview, picture].map((image) => URL.createObjectURL(image));
    this.picture = picture;
    this.preview = preview;
    const image = find("picture");
    image.alt = `${type} barcode of: ${data}`;
    image.src = this.#addresses[0];
    const kind = picture.type.replace("image/", "").replace("+xml", "");
    // An image that the browser cannot display can still be downloaded and read back.
    const shown = await image.decode().then(() => true, () => false);
    image.hidden = !shown;
    const pixels = shown ? `${image.naturalWidth} × ${image.naturalHeight}, ` : "";
    const note = shown ? (preview === picture ? "" : " The preview is a PNG.") : " The browser cannot display this format.";
    find("generate-status").textContent = `${type} as ${kind}, ${pixels}${size(picture.size)}.${note}`;
    find("generate-figure").hidden = false;
    const download = find("download");
    download.href = this.#addresses[1];
    download.download = `${type}.${kind}`;
    download.hidden = false;
    find("read-it").hidden = false;
  }

  #hide() {
    this.picture = undefined;
    for (const id of ["generate-figure", "download", "read-it"]) find(id).hidden = true;
  }

  /** The request as a shell script. It uses the variables that "Copy all as shell variables" sets. */
  curl() {
    const [, path] = find("request-line").textContent.split(" ");
    const address = `${location.origin}${path}`.replaceAll("'", "%27");
    return `token=$(curl -sS -d grant_type=client_credentials \\
    --data-urlencode "client_id=$BARCODE_CLOUD_CLIENT_ID" \\
    --data-urlencode "client_secret=$BARCODE_CLOUD_CLIENT_SECRET" \\
    "$BARCODE_CLOUD_TOKEN_URL" | sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')
curl -sS -H "Authorization: Bearer $token" '${address}' -o barcode
`;
  }
}
