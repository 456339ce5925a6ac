// The camera: frames as grey levels go to the till on this machine, which reads them. One frame at a time: the
// next is taken when the answer to the last is there. Nothing is kept, nothing leaves the workstation.

import { call } from "/link.js";

const WIDEST = 1280;
const PAUSE_MS = 60;
const PROBLEMS = {
  NotAllowedError: "camera_refused", SecurityError: "camera_refused", NotFoundError: "camera_none",
  OverconstrainedError: "camera_none", NotReadableError: "camera_busy", AbortError: "camera_busy",
};

export class Camera {
  constructor(video, { onChange, onRead }) {
    this.video = video;
    this.onChange = onChange;
    this.onRead = onRead;
    this.canvas = document.createElement("canvas");
    this.stream = null;
    this.wanted = false;
    this.problem = null;
    navigator.mediaDevices?.addEventListener?.("devicechange", () => {
      if (this.wanted && !this.stream) this.start();
    });
  }

  get on() { return this.stream !== null; }

  async start() {
    this.wanted = true;
    this.problem = null;
    try {
      if (!navigator.mediaDevices?.getUserMedia) throw new DOMException("", "NotFoundError");
      this.stream = await navigator.mediaDevices.getUserMedia({
        audio: false, video: { width: { ideal: WIDEST }, height: { ideal: 720 }, facingMode: "environment" },
      });
    } catch (refused) {
      this.stream = null;
      this.problem = PROBLEMS[refused.name] ?? "camera_busy";
      this.onChange();
      return;
    }
    this.stream.getVideoTracks()[0].addEventListener("ended", () => {
      this.stream = null;
      this.problem = "camera_gone";
      this.onChange();
    });
    this.video.srcObject = this.stream;
    this.onChange();
    try { await this.video.play(); } catch { /* a hidden tab plays later; frames wait for it */ }
    this.read(this.stream);
  }

  stop() {
    this.wanted = false;
    this.problem = null;
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.stream = null;
    this.video.srcObject = null;
    this.onChange();
  }

  async read(stream) {
    const context = this.canvas.getContext("2d", { willReadFrequently: true });
    while (this.stream === stream) {
      await new Promise((done) => setTimeout(done, document.hidden ? 500 : PAUSE_MS));
      const { videoWidth, videoHeight } = this.video;
      if (document.hidden || videoWidth === 0 || this.stream !== stream) continue;
      const scale = Math.min(1, WIDEST / videoWidth, WIDEST / videoHeight);
      const width = Math.round(videoWidth * scale), height = Math.round(videoHeight * scale);
      if (this.canvas.width !== width || this.canvas.height !== height) Object.assign(this.canvas, { width, height });
      const takenAt = performance.now();
      context.drawImage(this.video, 0, 0, width, height);
      const grey = levels(context.getImageData(0, 0, width, height).data);
      try {
        const told = await call("POST", `/api/frames?width=${width}&height=${height}`, grey, { raw: true });
        if (told.seq !== null) this.onRead(told.seq, takenAt);
      } catch { /* the till says by itself that it has stopped */ }
    }
  }
}

function levels(pixels) {
  // Luminance of ITU-R BT.601, in 256ths.
  const grey = new Uint8Array(pixels.length / 4);
  for (let to = 0, from = 0; to < grey.length; to += 1, from += 4) {
    grey[to] = (77 * pixels[from] + 150 * pixels[from + 1] + 29 * pixels[from + 2]) >> 8;
  }
  return grey;
}
