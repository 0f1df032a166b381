"use strict";
/* The beats of the score in the recording, the bars that they make, and clicks on them. */

const CLICK_LENGTH = 0.05; // seconds
const CLICK_PITCHES = [1800, 1200]; // of the first beat of a bar, and of the others (Hz)
const CLICK_LEVELS = [0.7, 0.4]; // their peaks, 1 is full scale
const SHORTEST_BEAT = 0.1; // seconds between two clicks of a count-in at least
const NARROWEST_BAR = 34; // pixels between two numbers of bars in the piano roll at least

class Metronome {
  constructor(rows, duration) {
    this.beats = rows.map(([time, bar, beat, repeat]) => ({ time, bar, beat, repeat }));
    this.bars = barsOf(this.beats, duration);
    this.isOn = false; // whether it clicks while the sound plays
    this.countsIn = false; // whether it clicks for a bar before the sound
    this.buffers = new Map(); // the two clicks, by their sample rate
  }

  /* The position in `bars` of the bar that sounds at a time of the recording, the first one before there is any. */
  barAt(time) {
    return Math.max(this.bars.findLastIndex((bar) => bar.begin <= time + 1e-3), 0);
  }

  /* Start a click on each beat in a piece of sound; the sources. */
  clicks(piece, output) {
    const [begin, end] = [piece.position - 1e-4, piece.position + piece.length - 1e-4];
    const beats = this.beats.filter(({ time }) => time >= begin && time < end);
    return beats.map(({ time, beat }) => this.click(beat === 1, piece.heardAt + (time - piece.position) / piece.tempo, output));
  }

  /* How long the clicks before a piece of sound delay it (s). */
  countInLength({ position, tempo }) {
    const beats = this.beatsBefore(position);
    return beats.length ? Math.max(position - beats[0].time, 0) / tempo : 0;
  }

  /* Start the clicks of a bar before a piece of sound, which is late by their length; the sources. */
  countIn(piece, output) {
    const begin = piece.heardAt + this.countInLength(piece);
    return this.beatsBefore(piece.position).map(({ time, isFirst }) => this.click(isFirst, begin + (time - piece.position) / piece.tempo, output));
  }

  /* The beats that a bar before a position would have at the tempo there: [{time, isFirst}]. */
  beatsBefore(position) {
    if (this.beats.length < 2) return [];
    const found = this.beats.findIndex(({ time }) => time >= position - 0.02);
    const next = found < 0 ? this.beats.length - 1 : found;
    const { time, beat } = this.beats[next];
    const period = Math.max(this.beats[Math.max(next, 1)].time - this.beats[Math.max(next, 1) - 1].time, SHORTEST_BEAT);
    const here = this.barAt(position);
    const count = Math.max(...this.bars.slice(here, here + 2).map((bar) => bar.beats)); // a pickup has less
    const nearest = found === 0 ? 1 : Math.floor((time - position + 0.02) / period) + 1; // before the music begins, up to its first beat
    return Array.from({ length: count }, (_, k) => {
      const steps = nearest + count - 1 - k; // beats from this one to the next one of the score
      return { time: time - steps * period, isFirst: (((beat - 1 - steps) % count) + count) % count === 0 };
    });
  }

  click(isFirst, time, output) {
    const source = new AudioBufferSourceNode(output.context, { buffer: this.sounds(output.context.sampleRate)[isFirst ? 0 : 1] });
    source.connect(output);
    source.start(Math.max(time, 0));
    return source;
  }

  /* The click of a first beat and that of another one: a tone that dies away. */
  sounds(sampleRate) {
    if (!this.buffers.has(sampleRate)) {
      this.buffers.set(sampleRate, CLICK_PITCHES.map((pitch, k) => {
        const buffer = new AudioBuffer({ length: Math.round(CLICK_LENGTH * sampleRate), sampleRate });
        const samples = buffer.getChannelData(0);
        for (let n = 0; n < samples.length; n += 1) {
          const time = n / sampleRate;
          samples[n] = CLICK_LEVELS[k] * Math.cos(2 * Math.PI * pitch * time) * Math.exp(-time / 0.008);
        }
        return buffer;
      }));
    }
    return this.buffers.get(sampleRate);
  }
}
