// Takes images from the camera, if the browser has access to one.

import { find, showProblem } from "./elements.js";

export async function setUpCamera(read) {
  const devices = navigator.mediaDevices;
  if (!devices?.getUserMedia) return;
  const offer = async () => {
    const all = await devices.enumerateDevices().catch(() => []);
    find("camera").hidden = !all.some((device) => device.kind === "videoinput");
  };
  devices.addEventListener?.("devicechange", offer);
  find("camera").addEventListener("click", open);
  find("camera-off").addEventListener("click", close);
  find("capture").addEventListener("click", async () => {
    const picture = await frame();
    close();
    read(picture);
  });
  await offer();
}

async function open() {
  try {
    const wanted = { video: { facingMode: "environment", width: { ideal: 1920 } } };
    const video = find("video");
    video.srcObject = await navigator.mediaDevices.getUserMedia(wanted);
    find("viewfinder").hidden = false;
    find("camera").hidden = true;
    await video.play();
    find("capture").focus();
  } catch (error) {
    close();
    showProblem(find("read-problem"), { message: `The camera cannot be used: ${error.message}.` });
  }
}

function close() {
  const video = find("video");
  video.srcObject?.getTracks().forEach((track) => track.stop());
  video.srcObject = null;
  find("viewfinder").hidden = true;
  find("camera").hidden = false;
  find("camera").focus();
}

/** The current camera image, as a PNG. */
async function frame() {
  const video = find("video");
  const canvas = document.createElement("canvas");
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  canvas.getContext("2d").drawImage(video, 0, 0);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}
