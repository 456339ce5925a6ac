// The newest picture of a camera, as grey levels.
//
// Chromium hands out a track's frames as they come, whatever the screen is busy with, and most cameras send grey
// levels as they are, in the first plane of a frame: then nothing is converted. Elsewhere the video is drawn on
// a canvas and its colours are weighed.

const WIDEST = 1280;
const EVERY_MS = 60;
const GREY_FIRST = ["I420", "I422", "I444", "NV12"];

export function framesOf(stream, video) {
  return "MediaStreamTrackProcessor" in window ? new TrackFrames(stream.getVideoTracks()[0]) : new DrawnFrames(video);
}

class TrackFrames {
  constructor(track) {
    this.reader = new MediaStreamTrackProcessor({ track, maxBufferSize: 1 }).readable.getReader();
    this.canvas = document.createElement("canvas");
    this.coming = null;
  }

  // The next one: `{bytes, width, height, takenAt}`; null when none came for `patience` milliseconds.
  async next(patience) {
    this.coming ??= this.reader.read().then((one) => ({ ...one, takenAt: performance.now() }));
    const came = await Promise.race([this.coming, later(patience)]);
    if (!came) return null;
    this.coming = null;
    if (came.done) { await later(patience); return null; }
    try {
      return { ...((await firstPlane(came.value)) ?? drawn(came.value, came.value.displayWidth, came.value.displayHeight, this.canvas)), takenAt: came.takenAt };
    } finally {
      came.value.close();
    }
  }

  close() { this.reader.cancel().catch(() => null); }
}

class DrawnFrames {
  constructor(video) {
    this.video = video;
    this.canvas = document.createElement("canvas");
  }

  async next(patience) {
    for (let waited = 0; waited < patience; waited += EVERY_MS) {
      const { videoWidth, videoHeight } = this.video;
      await later(EVERY_MS);
      if (videoWidth) return { ...drawn(this.video, videoWidth, videoHeight, this.canvas), takenAt: performance.now() };
    }
    return null;
  }

  close() { /* nothing is held */ }
}

const later = (time) => new Promise((done) => setTimeout(done, time, null));

async function firstPlane(frame) {
  const { width, height } = frame.visibleRect;
  if (!GREY_FIRST.includes(frame.format) || Math.max(width, height) > WIDEST) return null;
  const whole = new Uint8Array(frame.allocationSize());
  const [{ offset, stride }] = await frame.copyTo(whole);
  const bytes = new Uint8Array(width * height);
  for (let row = 0; row < height; row += 1) bytes.set(whole.subarray(offset + row * stride, offset + row * stride + width), row * width);
  return { bytes, width, height };
}

function drawn(picture, fullWidth, fullHeight, canvas) {
  const scale = Math.min(1, WIDEST / fullWidth, WIDEST / fullHeight);
  const width = Math.max(1, Math.round(fullWidth * scale)), height = Math.max(1, Math.round(fullHeight * scale));
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(picture, 0, 0, width, height);
  const pixels = context.getImageData(0, 0, width, height).data;
  // Luminance of ITU-R BT.601, in 256ths.
  const bytes = new Uint8Array(width * height);
  for (let to = 0, from = 0; to < bytes.length; to += 1, from += 4) {
    bytes[to] = (77 * pixels[from] + 150 * pixels[from + 1] + 29 * pixels[from + 2]) >> 8;
  }
  return { bytes, width, height };
}
