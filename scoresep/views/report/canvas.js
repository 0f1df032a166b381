"use strict";
/* Canvases, colours, and how pitches and times are written. */

const PITCH_CLASSES = ["C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "A♭", "A", "B♭", "B"];

/* The name of a MIDI pitch: 60 is C4. */
function pitchName(pitch) {
  return `${PITCH_CLASSES[pitch % 12]}${Math.floor(pitch / 12) - 1}`;
}

/* Seconds as 0:32.5. */
function timeText(seconds, digits = 1) {
  const minutes = Math.floor(seconds / 60 + 1e-9);
  return `${minutes}:${Math.max(seconds - 60 * minutes, 0).toFixed(digits).padStart(digits ? 3 + digits : 2, "0")}`;
}

/* Red, green and blue, from 0 to 255, of #RRGGBB. */
function channelsOf(colour) {
  return [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
}

/* A canvas that fills its box, with one pixel for each pixel of the screen. */
class Canvas {
  constructor(box) {
    this.box = box;
    this.canvas = box.querySelector("canvas");
    this.context = this.canvas.getContext("2d");
  }

  clear() {
    const { clientWidth: width, clientHeight: height } = this.box;
    const ratio = window.devicePixelRatio || 1;
    if (this.canvas.width !== Math.round(width * ratio) || this.canvas.height !== Math.round(height * ratio)) {
      this.canvas.width = Math.round(width * ratio);
      this.canvas.height = Math.round(height * ratio);
    }
    this.context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.context.clearRect(0, 0, width, height);
    this.context.font = "11px system-ui, sans-serif";
    this.context.textBaseline = "middle";
    Object.assign(this, { width, height });
    return this.context;
  }
}
