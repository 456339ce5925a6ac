// A short sound for each light, for who looks at the patient and not at the screen. Off until asked for.

const TONES = { green: [[880, 0.12]], amber: [[660, 0.12], [660, 0.12]], red: [[220, 0.35]], other: [[440, 0.06]] };
let context = null;

export const soundIsOn = () => { try { return localStorage.getItem("sound") === "on"; } catch { return false; } };

export function switchSound() {
  localStorage.setItem("sound", soundIsOn() ? "off" : "on");
  if (soundIsOn()) beep("green");
}

export function beep(light) {
  if (!soundIsOn()) return;
  context ??= new AudioContext();
  context.resume();
  let from = context.currentTime;
  for (const [hertz, seconds] of TONES[light] ?? TONES.other) {
    const tone = context.createOscillator(), volume = context.createGain();
    tone.frequency.value = hertz;
    volume.gain.setValueAtTime(0.2, from);
    volume.gain.linearRampToValueAtTime(0, from + seconds);
    tone.connect(volume).connect(context.destination);
    tone.start(from);
    tone.stop(from + seconds);
    from += seconds + 0.08;
  }
}
