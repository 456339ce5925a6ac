// The camera: frames as grey levels go to the till on this machine, which reads them. One frame at a time, and
// always the newest: the next is taken when the answer to the last is there. Nothing is kept, nothing leaves
// the workstation. What stops a camera is told, and it starts again by itself where it can.

import { framesOf } from "/frames.js";
import { call } from "/link.js";

const TRY_AGAIN_MS = 3_000;
const BLACK = 20;           // grey levels out of 255: a cap, a shutter, a hand; no room is that dark
const BLACK_FOR_MS = 2_000;
const PATIENCE_MS = 500;
const STILL_FOR_MS = 4_000; // a camera that sends nothing at all
const PROBLEMS = {
  NotAllowedError: "camera_refused", SecurityError: "camera_refused", NotFoundError: "camera_none",
  OverconstrainedError: "camera_none", NotReadableError: "camera_busy", AbortError: "camera_busy",
};

export class Camera {
  constructor(video, { onChange, onRead }) {
    this.video = video;
    this.onChange = onChange;
    this.onRead = onRead;
    this.stream = null;
    this.wanted = false;
    this.starting = false;
    this.problem = null;
    navigator.mediaDevices?.addEventListener?.("devicechange", () => this.again());
  }

  get on() { return this.stream !== null; }

  async start() {
    if (this.starting) return;
    this.starting = this.wanted = true;
    clearTimeout(this.timer);
    let stream = null, problem = null;
    try {
      if (!navigator.mediaDevices?.getUserMedia) throw new DOMException("", "NotFoundError");
      stream = await navigator.mediaDevices.getUserMedia({
        audio: false, video: { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 }, facingMode: "environment" },
      });
    } catch (refused) {
      problem = PROBLEMS[refused.name] ?? "camera_busy";
    }
    this.starting = false;
    if (stream && !this.wanted) { for (const track of stream.getTracks()) track.stop(); return; }
    // What took it lets go without a word: only asking again tells.
    if (problem === "camera_busy" && this.wanted) this.timer = setTimeout(() => this.again(), TRY_AGAIN_MS);
    if (stream) this.watch(stream); else this.tell(problem);
  }

  again() { if (this.wanted && !this.stream) this.start(); }

  async watch(stream) {
    this.stream = stream;
    stream.getVideoTracks()[0].addEventListener("ended", () => {
      if (this.stream !== stream) return;
      this.stream = this.video.srcObject = null;
      this.tell("camera_gone");
      this.timer = setTimeout(() => this.again(), TRY_AGAIN_MS);
    });
    this.video.srcObject = stream;
    this.tell(null);
    // Not waited for: a hidden tab plays later, and a camera that sends nothing never does.
    this.video.play().catch(() => null);
    await this.read(stream);
  }

  stop() {
    this.wanted = false;
    clearTimeout(this.timer);
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.stream = this.video.srcObject = null;
    this.tell(null);
  }

  tell(problem) {
    this.problem = problem;
    this.onChange();
  }

  async read(stream) {
    const frames = framesOf(stream, this.video);
    let litAt = performance.now();
    while (this.stream === stream) {
      const frame = await frames.next(PATIENCE_MS);
      if (this.stream !== stream) break;
      const now = performance.now();
      if (document.hidden || (frame && !isBlack(frame.bytes))) litAt = now;
      if (frame && !document.hidden) await this.ask(frame);
      const dark = now - litAt > (frame ? BLACK_FOR_MS : STILL_FOR_MS);
      if (this.stream === stream && dark !== (this.problem === "camera_black")) this.tell(dark ? "camera_black" : null);
    }
    frames.close();
  }

  async ask({ bytes, width, height, takenAt }) {
    try {
      const told = await call("POST", `/api/frames?width=${width}&height=${height}`, bytes, { raw: true });
      if (told.happening) this.onRead(told.happening, takenAt);
    } catch { /* the till says by itself that it has stopped */ }
  }
}

function isBlack(bytes) {
  let sum = 0, count = 0;
  for (let at = 0; at < bytes.length; at += 997, count += 1) sum += bytes[at];
  return sum < BLACK * count;
}
