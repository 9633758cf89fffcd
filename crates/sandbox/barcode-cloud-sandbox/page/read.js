// A drop zone for an image, and the barcodes that were found in it.

import { copyButton } from "./copy.js";
import { drawing, element, find, showProblem } from "./elements.js";
import { disable, field, operation, resolved, values } from "./fields.js";

/** The radius of a number in the image, in pixels of the page. */
const BADGE = 12;

/** The value of the first option, which selects no type. */
const ANY = "";

/** Sets up the form. Returns a function that reads an image. */
export function setUpRead(service, document) {
  const form = find("read-form");
  const recognize = operation(document, "RecognizeMultipart");
  const scan = operation(document, "ScanMultipart");
  layOut(document, recognize);
  disable(form.elements.barcodeType, (type) => service.unreadable.has(type));
  let newest = 0;
  let last;
  // `preview` is the same image in a format that the browser can display.
  const read = async (picture, preview = picture) => {
    if (!picture) return;
    last = [picture, preview];
    const mine = ++newest;
    find("read-status").textContent = "Reading…";
    showProblem(find("read-problem"), undefined);
    await show(preview);
    try {
      const barcodes = await ask(service, recognize, scan, form, picture);
      if (mine === newest) showFound(barcodes);
    } catch (error) {
      if (mine !== newest) return;
      find("read-status").textContent = "";
      find("found").replaceChildren();
      showProblem(find("read-problem"), error);
    }
  };
  form.addEventListener("submit", (event) => event.preventDefault());
  find("read-fields").addEventListener("change", () => last && read(...last));
  takePictures(read);
  return read;
}

function layOut(document, recognize) {
  const schema = resolved(document, recognize.requestBody.content["multipart/form-data"].schema);
  const names = Object.keys(schema.properties).filter((name) => {
    return resolved(document, schema.properties[name]).format !== "binary";
  });
  const fields = names.map((name) => {
    const property = schema.properties[name];
    return field(document, "read", { name, schema: property, description: property.description });
  });
  find("read-fields").append(...fields);
  const type = find("read-barcodeType");
  type.options[0].textContent = "Any type";
  const others = [...find("read-fields").querySelectorAll("select")].filter((select) => select !== type);
  const update = () => others.forEach((select) => (select.disabled = type.value === ANY));
  type.addEventListener("change", update);
  update();
}

/** Accepts images from the file input, by drag and drop, and from the clipboard. */
function takePictures(read) {
  const drop = find("drop");
  find("file").addEventListener("change", (event) => read(event.target.files[0]));
  drop.addEventListener("dragover", (event) => {
    event.preventDefault();
    drop.classList.add("over");
  });
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    read(event.dataTransfer.files[0]);
  });
  // An image that is dropped outside the zone must not replace the page.
  for (const name of ["dragover", "drop"]) {
    window.addEventListener(name, (event) => event.preventDefault());
  }
  window.addEventListener("paste", (event) => {
    const picture = [...event.clipboardData.files].find((file) => file.type.startsWith("image/"));
    if (picture) read(picture);
  });
}

async function ask(service, recognize, scan, form, picture) {
  const chosen = values(form);
  const isScan = !chosen.some(([name]) => name === "barcodeType");
  const body = new FormData();
  if (!isScan) chosen.forEach(([name, value]) => body.append(name, value));
  body.append("file", picture, picture.name ?? "picture");
  const response = await service.call((isScan ? scan : recognize).path, { method: "POST", body });
  return (await response.json()).barcodes;
}

/** Shows the image, without marks. */
async function show(picture) {
  const stage = find("stage");
  const image = find("read-picture");
  stage.querySelector("svg")?.remove();
  const old = image.src;
  image.src = URL.createObjectURL(picture);
  stage.hidden = !(await image.decode().then(() => true, () => false));
  if (old.startsWith("blob:")) URL.revokeObjectURL(old);
}

function showFound(barcodes) {
  const count = barcodes.length;
  const words = count === 0 ? "No barcode was found." : count === 1 ? "One barcode." : `${count} barcodes.`;
  find("read-status").textContent = words;
  const marks = mark(barcodes);
  const rows = barcodes.map((barcode, at) => row(barcode, marks[at], at + 1));
  find("found").replaceChildren(...rows);
}

/** Draws each region over the image, in the pixels of the image. */
function mark(barcodes) {
  const { naturalWidth: width, naturalHeight: height, clientWidth } = find("read-picture");
  const unit = width / (clientWidth || width);
  const marks = barcodes.map((barcode, at) => {
    const region = barcode.region ?? [];
    const points = region.map(({ x, y }) => `${x},${y}`).join(" ");
    // Outside the corner, so that the number does not cover a small barcode.
    const radius = unit * BADGE;
    const cx = Math.min(...region.map(({ x }) => x)) - radius;
    const cy = Math.min(...region.map(({ y }) => y)) - radius;
    const number = drawing("g", { class: "badge" }, drawing("circle", { cx, cy, r: radius }));
    const text = drawing("text", { x: cx, y: cy, "font-size": radius * 1.25, dy: "0.35em" }, `${at + 1}`);
    number.append(text);
    return drawing("g", { class: "mark" }, drawing("polygon", { points }), ...(region.length ? [number] : []));
  });
  const box = `0 0 ${width} ${height}`;
  find("stage").append(drawing("svg", { viewBox: box, "aria-hidden": "true" }, ...marks));
  return marks;
}

function row(barcode, mark, number) {
  const { type, barcodeValue: value, region = [] } = barcode;
  const corners = region.map(({ x, y }) => `${x},${y}`).join("  ");
  const made = element(
    "li",
    {},
    element("strong", {}, type),
    element("code", { className: "value" }, value),
    copyButton(`the value of barcode ${number}`, value),
    element("span", { className: "quiet" }, `corners ${corners}`),
  );
  const light = (on) => () => mark.classList.toggle("lit", on);
  made.addEventListener("pointerenter", light(true));
  made.addEventListener("pointerleave", light(false));
  made.addEventListener("focusin", light(true));
  made.addEventListener("focusout", light(false));
  return made;
}
