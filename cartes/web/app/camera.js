/* Read codes with the camera, or in a picture: zxing compiled to WebAssembly, served by ourselves.

   It comes from the `node_modules` of the app this is served with: two folders up, as browsers count. */

import { prepareZXingModule, readBarcodes } from "../../node_modules/zxing-wasm/dist/es/reader/index.js";
import { Refused } from "../sq1/refused.js";

const WASM = new URL("../../node_modules/zxing-wasm/dist/reader/zxing_reader.wasm", import.meta.url).href;
const OPTIONS = { formats: ["QRCode", "DataMatrix"], tryHarder: true, maxNumberOfSymbols: 1 };
const WHY = { NotAllowedError: "camera_refused", SecurityError: "camera_refused", NotReadableError: "camera_busy", AbortError: "camera_busy" };
const EVERY_MS = 80;
const BLACK = 20; // grey levels out of 255: a finger on the lens, a cover; no room is that dark
const BLACK_FOR_MS = 2_000;
const WIDEST = 1280;

/** Load the reader ahead of the first picture. */
export const warmUp = () => prepareZXingModule({ overrides: { locateFile: () => WASM }, fireImmediately: true });

/** The text of the code in a picture (ImageData or a file), or null. */
export async function readPicture(picture) {
  await warmUp();
  const found = await readBarcodes(picture, OPTIONS);
  return found.find((one) => one.isValid)?.text ?? null;
}

/** Watch the camera in `video` until a code is read or `signal` aborts; gives its text, or null.

    `onDark(true)` when it has seen nothing but black, or nothing at all, for a while; `onDark(false)` afterwards. */
export async function watch(video, signal, onDark = () => null) {
  const stream = await started();
  const [track] = stream.getVideoTracks();
  try {
    video.srcObject = stream;
    // Not waited for: a camera that sends nothing never plays.
    video.play().catch(() => null);
    await warmUp();
    let litAt = performance.now(), isDark = false;
    const canvas = document.createElement("canvas");
    const context = canvas.getContext("2d", { willReadFrequently: true });
    while (!signal.aborted) {
      // Unplugged, taken back by its owner, or closed by the telephone itself.
      if (track.readyState === "ended") throw new Refused("camera_lost");
      const frame = video.videoWidth ? frameOf(video, canvas, context) : null;
      if (frame !== null && !isBlack(frame.data)) litAt = performance.now();
      const text = frame === null ? null : await readPicture(frame);
      if (text !== null) return text;
      const dark = performance.now() - litAt > BLACK_FOR_MS;
      if (dark !== isDark) onDark((isDark = dark));
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    }
    return null;
  } finally {
    for (const track of stream.getTracks()) track.stop();
    video.srcObject = null;
  }
}

function frameOf(video, canvas, context) {
  const scale = Math.min(1, WIDEST / video.videoWidth);
  canvas.width = Math.round(video.videoWidth * scale);
  canvas.height = Math.round(video.videoHeight * scale);
  context.drawImage(video, 0, 0, canvas.width, canvas.height);
  return context.getImageData(0, 0, canvas.width, canvas.height);
}

function isBlack(pixels) {
  let sum = 0, count = 0;
  // Green weighs most of what eyes call light; one pixel in a thousand tells a black picture.
  for (let at = 1; at < pixels.length; at += 4 * 997, count += 1) sum += pixels[at];
  return sum < BLACK * count;
}

async function started() {
  if (!navigator.mediaDevices?.getUserMedia) throw new Refused("no_camera");
  try {
    return await navigator.mediaDevices.getUserMedia({
      audio: false,
      video: { facingMode: { ideal: "environment" }, width: { ideal: 1280 }, height: { ideal: 720 } },
    });
  } catch (error) {
    throw new Refused(WHY[error.name] ?? "no_camera");
  }
}
