"use strict";
/* Pictures: the outline, the piano roll, the spectrogram with its masks, and the strip of the alignment. */

const GUTTER = 44; // pixels to the left that are for labels
const KEPT_PICTURES = 24; // blocks whose pictures stay decoded
const DOUBTFUL = 0.6; // notes with less confidence are marked
const PITCHES = ["C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "A♭", "A", "B♭", "B"];
const BRIGHTER = { "#000000": "#F4F4F4", "#0072B2": "#4BA3E3", "#8A8A8A": "#9A9A9A" }; // for a dark ground

function pitchName(pitch) {
  return `${PITCHES[pitch % 12]}${Math.floor(pitch / 12) - 1}`;
}

function clockOf(seconds, digits = 1) {
  const minutes = Math.floor(seconds / 60 + 1e-9);
  return `${minutes}:${Math.max(seconds - 60 * minutes, 0).toFixed(digits).padStart(digits ? 3 + digits : 2, "0")}`;
}

function channelsOf(colour) {
  return [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
}

/* A canvas as large as its box, in pixels of the screen. */
class Sheet {
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

/* The pictures of blocks: bytes of the level of the recording and of the share of each track. */
class Pictures {
  constructor(library, onReady) {
    this.library = library;
    this.onReady = onReady;
    this.found = new Map();
    this.painted = new Map();
  }

  /* The coloured picture of a block, if it is there; otherwise it is on its way. */
  of(number, paint) {
    const planes = this.found.get(number);
    if (planes === undefined) this.load(number);
    if (!planes) return null;
    const painted = this.painted.get(number);
    if (painted?.key === paint.key) return painted.canvas;
    const canvas = painted?.canvas ?? document.createElement("canvas");
    this.paint(canvas, planes, paint);
    this.painted.set(number, { key: paint.key, canvas });
    return canvas;
  }

  async load(number) {
    this.found.set(number, null);
    for (const old of [...this.found.keys()].slice(0, -KEPT_PICTURES)) {
      this.found.delete(old);
      this.painted.delete(old);
    }
    const { level, shares } = await this.library.content(number);
    this.found.set(number, await Promise.all([level, ...shares].map((text) => this.decode(text))));
    this.onReady();
  }

  async decode(text) {
    const image = new Image();
    image.src = `data:image/jpeg;base64,${text}`;
    await image.decode();
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [image.width, image.height];
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, image.width, image.height);
    const grey = new Uint8Array(data.length / 4);
    for (let pixel = 0; pixel < grey.length; pixel += 1) grey[pixel] = data[4 * pixel];
    return { grey, width: image.width, height: image.height };
  }

  /* Each place has the colours of the tracks by their shares, as strong as the recording is loud there. */
  paint(canvas, planes, { ground, ink, colours, overlay }) {
    const [level, ...shares] = planes;
    [canvas.width, canvas.height] = [level.width, level.height];
    const context = canvas.getContext("2d");
    const image = context.createImageData(level.width, level.height);
    for (let pixel = 0; pixel < level.grey.length; pixel += 1) {
      const loud = Math.min(Math.max((level.grey[pixel] - 60) / 165, 0), 1);
      for (let c = 0; c < 3; c += 1) {
        let colour = ink[c];
        for (let k = 0; k < shares.length; k += 1) {
          if (colours[k]) colour += (overlay * shares[k].grey[pixel] * (colours[k][c] - ink[c])) / 255;
        }
        image.data[4 * pixel + c] = ground[c] + loud * (colour - ground[c]);
      }
      image.data[4 * pixel + 3] = 255;
    }
    context.putImageData(image, 0, 0);
  }
}

/* What is seen of the song, and how it is drawn. */
class View {
  constructor(data, player, library) {
    Object.assign(this, { data, player });
    this.left = 0; // seconds at the left edge
    this.scale = window.innerWidth < 600 ? 60 : 100; // pixels a second
    this.follows = true;
    this.overlay = 1;
    this.hidden = new Set(data.tracks.flatMap((track, k) => (track.isResidual ? [k] : []))); // masks not shown
    this.focus = null; // the note under the cursor or the keys
    for (const name of ["outline", "roll", "spectrogram", "strip"]) {
      this[name] = new Sheet(document.getElementById(name));
    }
    this.pictures = new Pictures(library, () => this.ask());
    const pitches = data.notes.map((note) => note.pitch);
    this.lowest = Math.min(60, ...pitches) - 2;
    this.highest = Math.max(72, ...pitches) + 2;
  }

  /* Draw soon. */
  ask() {
    this.asked ??= requestAnimationFrame(() => {
      this.asked = null;
      this.draw();
    });
  }

  /* Bring a time into view. */
  show(time) {
    const span = this.right - this.left;
    if (time < this.left + 0.05 * span || time > this.left + 0.9 * span) this.left = time - 0.3 * span;
    this.ask();
  }

  draw() {
    const { player } = this;
    const position = player.position();
    const span = Math.max(this.roll.box.clientWidth - GUTTER, 1) / this.scale;
    if (this.follows && player.isPlaying && !player.alone) this.left = position - 0.3 * span;
    this.left = Math.min(Math.max(this.left, -0.02 * span), Math.max(this.data.duration - 0.9 * span, -0.02 * span));
    this.right = this.left + span;
    this.readTheme();
    this.drawOutline(position);
    this.drawRoll(position);
    this.drawSpectrogram(position);
    this.drawStrip(position);
  }

  readTheme() {
    const style = getComputedStyle(document.documentElement);
    this.theme = Object.fromEntries(
      ["ground", "ink", "faint", "line", "bars", "accent", "doubt", "lane"].map((name) => [
        name, style.getPropertyValue(`--${name}`).trim(),
      ]),
    );
    this.isDark = style.getPropertyValue("--is-dark").trim() === "1";
  }

  colour(track) {
    const { colour } = this.data.tracks[track] ?? { colour: "#8A8A8A" };
    return (this.isDark && BRIGHTER[colour]) || colour;
  }

  x(time) {
    return GUTTER + (time - this.left) * this.scale;
  }

  timeAt(x) {
    return this.left + (x - GUTTER) / this.scale;
  }

  drawOutline(position) {
    const context = this.outline.clear();
    const { width, height } = this.outline;
    const { outline, duration } = this.data;
    const [middle, { loop }] = [height / 2, this.player];
    const bar = 3;
    for (let x = 0; x < width; x += bar) {
      const [from, to] = [x, x + bar].map((edge) => Math.floor((edge / width) * outline.length));
      const peak = Math.max(0, ...outline.slice(from, Math.max(to, from + 1)));
      const size = Math.max(Math.sqrt(peak) * (height - 8), 1.5);
      context.fillStyle = (x / width) * duration <= position ? this.theme.accent : this.theme.bars;
      context.fillRect(x, middle - size / 2, bar - 1, size);
    }
    if (loop.end > loop.begin) {
      const [begin, end] = [loop.begin, loop.end].map((time) => (time / duration) * width);
      context.globalAlpha = loop.isOn ? 0.22 : 0.1;
      context.fillStyle = this.theme.accent;
      context.fillRect(begin, 0, end - begin, height);
      context.globalAlpha = 1;
      context.fillRect(begin, 0, 1.5, height);
      context.fillRect(end - 1.5, 0, 1.5, height);
    }
    context.fillStyle = this.theme.ink;
    context.fillRect(Math.min((position / duration) * width, width - 2), 0, 2, height);
  }

  drawRoll(position) {
    const context = this.roll.clear();
    const { height } = this.roll;
    const row = height / (this.highest - this.lowest + 1);
    const top = (pitch) => (this.highest - pitch) * row;
    this.noteTop = top;
    this.noteHeight = row;
    for (let pitch = this.lowest; pitch <= this.highest; pitch += 1) {
      if ([1, 3, 6, 8, 10].includes(pitch % 12)) {
        context.fillStyle = this.theme.lane;
        context.fillRect(GUTTER, top(pitch), this.roll.width, row);
      }
    }
    this.drawTimes(this.roll, context);
    for (const note of this.data.notes) {
      if (note.offset < this.left || note.onset > this.right) continue;
      this.drawNote(context, note, position, top(note.pitch), row);
    }
    this.drawPlayhead(context, this.roll, position);
    this.drawGutter(context, this.roll, (pitch) => top(pitch) + row / 2, this.lowest, this.highest);
  }

  drawNote(context, note, position, y, row) {
    const { alone } = this.player;
    const [x, end] = [this.x(note.onset), this.x(note.offset)];
    const sounds = this.player.isPlaying && note.onset <= position && position < note.offset;
    const isHeard = alone ? alone.index === note.index : this.player.hearsRecording || this.player.isAudible(note.track);
    const [width, height] = [Math.max(end - x - 1, 2.5), Math.max(row - 1, 3)];
    context.globalAlpha = isHeard ? (sounds ? 1 : 0.78) : 0.22;
    context.fillStyle = this.colour(note.track);
    context.beginPath();
    context.roundRect(x, y + 0.5, width, height, Math.min(2.5, height / 2));
    context.fill();
    context.globalAlpha = 1;
    if (sounds && isHeard) this.outlineNote(context, this.theme.ink, 1.5, []);
    else if (note.confidence < DOUBTFUL) this.outlineNote(context, this.theme.doubt, 1.2, [3, 2]);
    if (this.focus === note) this.outlineNote(context, this.theme.ink, 2, []);
  }

  outlineNote(context, colour, width, dashes) {
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.setLineDash(dashes);
    context.stroke();
    context.setLineDash([]);
  }

  drawSpectrogram(position) {
    const context = this.spectrogram.clear();
    const { width, height } = this.spectrogram;
    const { block, picture } = this.data;
    const overlay = this.overlay;
    const colours = this.data.tracks.map((_, k) => (this.hidden.has(k) ? null : channelsOf(this.colour(k))));
    const [ground, ink] = [this.theme.ground, this.theme.faint].map(channelsOf);
    const paint = { key: JSON.stringify([ground, overlay, colours]), ground, ink, colours, overlay };
    context.save();
    context.beginPath();
    context.rect(GUTTER, 0, width, height);
    context.clip();
    for (let k = Math.max(Math.floor(this.left / block), 0); k * block < Math.min(this.right, this.data.duration); k += 1) {
      const canvas = this.pictures.of(k, paint);
      if (canvas) context.drawImage(canvas, this.x(k * block), 0, block * this.scale, height);
    }
    context.restore();
    this.drawPlayhead(context, this.spectrogram, position);
    const row = height / (picture.highest - picture.lowest);
    const y = (pitch) => (picture.highest - 0.5 - pitch) * row;
    this.drawGutter(context, this.spectrogram, y, picture.lowest, picture.highest - 1);
  }

  drawStrip(position) {
    const context = this.strip.clear();
    const { height } = this.strip;
    const half = height / 2;
    for (const [begin, end] of this.data.unmatched ?? []) {
      context.globalAlpha = 0.18;
      context.fillStyle = this.theme.doubt;
      context.fillRect(this.x(begin), 0, (end - begin) * this.scale, height);
      context.globalAlpha = 1;
    }
    for (const note of this.data.notes) {
      if (note.onset < this.left || note.onset > this.right) continue;
      const size = Math.max(note.confidence * (half - 8), 2);
      context.fillStyle = note.confidence < DOUBTFUL ? this.theme.doubt : this.theme.faint;
      context.fillRect(this.x(note.onset) - 1, half - 2 - size, 2, size);
    }
    context.strokeStyle = this.theme.line;
    context.strokeRect(GUTTER, Math.round(half) + 0.5, this.strip.width, 0);
    this.drawTempo(context, half + 6, height - 6);
    this.drawPlayhead(context, this.strip, position);
    this.clearGutter(context, this.strip);
    context.fillStyle = this.theme.faint;
    context.fillText("sure", 6, half / 2);
    context.fillText("tempo", 6, half * 1.5);
  }

  drawTempo(context, top, bottom) {
    const all = (this.data.tempo ?? []).flat().map(([, tempo]) => tempo).sort((a, b) => a - b);
    if (!all.length) return;
    const [low, high] = [all[Math.floor(0.02 * all.length)], all[Math.floor(0.98 * (all.length - 1))]];
    const y = (tempo) => bottom - ((Math.min(Math.max(tempo, low), high) - low) / Math.max(high - low, 0.05)) * (bottom - top);
    context.strokeStyle = this.theme.accent;
    context.lineWidth = 1.5;
    for (const line of this.data.tempo) {
      context.beginPath();
      for (const [time, tempo] of line) {
        if (time > this.left - 1 && time < this.right + 1) context.lineTo(this.x(time), y(tempo));
      }
      context.stroke();
    }
  }

  drawTimes(sheet, context) {
    const step = [0.5, 1, 2, 5, 10, 20, 30, 60].find((seconds) => seconds * this.scale > 64) ?? 120;
    context.textAlign = "left";
    for (let time = Math.max(Math.ceil(this.left / step) * step, 0); time < this.right; time += step) {
      context.fillStyle = this.theme.line;
      context.fillRect(Math.round(this.x(time)), 0, 1, sheet.height);
      context.fillStyle = this.theme.faint;
      context.fillText(clockOf(time, step < 1 ? 1 : 0), this.x(time) + 4, 8);
    }
  }

  drawPlayhead(context, sheet, position) {
    const { loop } = this.player;
    if (loop.end > loop.begin) {
      const [begin, end] = [this.x(loop.begin), this.x(loop.end)];
      context.globalAlpha = loop.isOn ? 1 : 0.35;
      context.fillStyle = this.theme.accent; // no tint: it would be taken for a mask
      context.fillRect(begin, 0, end - begin, 2.5);
      context.fillRect(begin - 0.75, 0, 1.5, sheet.height);
      context.fillRect(end - 0.75, 0, 1.5, sheet.height);
      context.globalAlpha = 1;
    }
    context.fillStyle = this.theme.ink;
    context.fillRect(Math.round(this.x(position)) - 0.75, 0, 1.5, sheet.height);
  }

  clearGutter(context, sheet) {
    context.fillStyle = this.theme.ground;
    context.fillRect(0, 0, GUTTER, sheet.height);
    context.textAlign = "left";
  }

  drawGutter(context, sheet, y, lowest, highest) {
    this.clearGutter(context, sheet);
    context.fillStyle = this.theme.faint;
    for (let pitch = Math.ceil(lowest / 12) * 12; pitch <= highest; pitch += 12) {
      const at = Math.min(Math.max(y(pitch), 8), sheet.height - 8);
      context.fillText(pitchName(pitch), 6, at);
      context.fillRect(GUTTER - 5, Math.round(y(pitch)), 5, 1);
    }
  }

  /* The note at a place of the piano roll; nearly is near enough. */
  noteAt(x, y) {
    const [time, slack] = [this.timeAt(x), 3 / this.scale];
    return this.data.notes.find((note) => {
      const top = this.noteTop(note.pitch);
      return y >= top - 1 && y <= top + this.noteHeight + 1 && time >= note.onset - slack && time <= note.offset + slack;
    });
  }
}
