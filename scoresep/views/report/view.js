"use strict";
/* Draws the outline, the piano roll, the spectrogram and the alignment. */

const LABEL_WIDTH = 44; // pixels to the left of the time axis, for labels

/* The stretch of the recording that is shown, and how it is drawn. */
class View {
  constructor(data, player, loader) {
    Object.assign(this, { data, player });
    this.left = 0; // seconds at the left edge
    this.scale = window.innerWidth < 600 ? 60 : 100; // pixels a second
    this.follows = true;
    this.maskStrength = 1; // how strong the colours of the masks are, from 0 to 1
    this.hiddenMasks = new Set(data.tracks.flatMap((track, k) => (track.isResidual ? [k] : []))); // tracks whose masks are not shown
    this.showsContours = true;
    this.focus = null; // the note under the pointer, or reached by keys
    for (const name of ["outline", "roll", "spectrogram", "alignment"]) {
      this[name] = new Canvas(document.getElementById(name));
    }
    this.pictures = new SpectrogramPictures(loader, () => this.requestDraw());
    const pitches = data.notes.map((note) => note.pitch);
    this.lowest = Math.min(60, ...pitches) - 2;
    this.highest = Math.max(72, ...pitches) + 2;
  }

  /* Draw with the next frame of the screen. */
  requestDraw() {
    this.drawRequest ??= requestAnimationFrame(() => {
      this.drawRequest = null;
      this.draw();
    });
  }

  /* Bring a time into view. */
  show(time) {
    const span = this.right - this.left;
    if (time < this.left + 0.05 * span || time > this.left + 0.9 * span) this.left = time - 0.3 * span;
    this.requestDraw();
  }

  draw() {
    const { player } = this;
    const position = player.position();
    const span = Math.max(this.roll.box.clientWidth - LABEL_WIDTH, 1) / this.scale;
    if (this.follows && player.isPlaying && !player.alone) this.left = position - 0.3 * span;
    this.left = Math.min(Math.max(this.left, -0.02 * span), Math.max(this.data.duration - 0.9 * span, -0.02 * span));
    this.right = this.left + span;
    this.readTheme();
    this.drawOutline(position);
    this.drawRoll(position);
    this.drawSpectrogram(position);
    this.drawAlignment(position);
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
    const { colour, colourOnDark } = this.data.tracks[track] ?? {};
    return (this.isDark ? colourOnDark : colour) ?? this.data.noTrackColour;
  }

  x(time) {
    return LABEL_WIDTH + (time - this.left) * this.scale;
  }

  timeAt(x) {
    return this.left + (x - LABEL_WIDTH) / this.scale;
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
    const lowestPitch = this.data.kit ? Math.max(...Object.keys(this.data.kit).map(Number)) + 2 : this.lowest;
    for (let pitch = lowestPitch; pitch <= this.highest; pitch += 1) {
      if ([1, 3, 6, 8, 10].includes(pitch % 12)) {
        context.fillStyle = this.theme.lane;
        context.fillRect(LABEL_WIDTH, top(pitch), this.roll.width, row);
      }
    }
    this.drawTimes(this.roll, context);
    drawBars(this, context);
    for (const note of this.data.notes) {
      if (note.offset < this.left || note.onset > this.right) continue;
      this.drawNote(context, note, position, top(note.pitch), row);
    }
    this.drawContours(context, (pitch) => top(pitch) + row / 2, this.theme.ink);
    this.drawOver?.(context);
    this.drawPlayhead(context, this.roll, position);
    const middle = (pitch) => top(pitch) + row / 2;
    this.drawPitches(context, this.roll, middle, lowestPitch, this.highest);
    for (const [at, name] of Object.entries(this.data.kit ?? {})) {
      context.fillText(name, 6, middle(Number(at)), LABEL_WIDTH - 8);
    }
  }

  drawNote(context, note, position, y, row) {
    const { alone } = this.player;
    const [x, end] = [this.x(note.onset), this.x(note.offset)];
    const sounds = this.player.isPlaying && note.onset <= position && position < note.offset;
    const isPlayed = alone ? alone.index === note.index : this.player.playsRecording || this.player.isAudible(note.track);
    const [width, height] = [Math.max(end - x - 1, 2.5), Math.max(row - 1, 3)];
    context.globalAlpha = isPlayed ? (sounds ? 1 : 0.78) : 0.22;
    context.fillStyle = this.colour(note.track);
    context.beginPath();
    context.roundRect(x, y + 0.5, width, height, Math.min(2.5, height / 2));
    context.fill();
    context.globalAlpha = 1;
    if (sounds && isPlayed) this.outlineNote(context, this.theme.ink, 1.5, []);
    else if (note.confidence < this.data.lowConfidence) this.outlineNote(context, this.theme.doubt, 1.2, [3, 2]);
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
    const { blockLength, picture } = this.data;
    const colours = this.data.tracks.map((_, k) => (this.hiddenMasks.has(k) ? null : channelsOf(this.colour(k))));
    const [ground, ink] = [this.theme.ground, this.theme.faint].map(channelsOf);
    const paint = { key: JSON.stringify([ground, this.maskStrength, colours]), ground, ink, colours, maskStrength: this.maskStrength };
    context.save();
    context.beginPath();
    context.rect(LABEL_WIDTH, 0, width, height);
    context.clip();
    for (let k = Math.max(Math.floor(this.left / blockLength), 0); k * blockLength < Math.min(this.right, this.data.duration); k += 1) {
      const painted = this.pictures.get(k, paint);
      if (painted) context.drawImage(painted, this.x(k * blockLength), 0, blockLength * this.scale, height);
    }
    const row = height / (picture.end - picture.lowest);
    const y = (pitch) => (picture.end - 0.5 - pitch) * row;
    const offset = (this.data.transposition ?? 0) + (this.data.tuning ?? 0) / 100; // from the score to what sounds
    this.drawContours(context, (pitch) => y(pitch + offset));
    context.restore();
    this.drawPlayhead(context, this.spectrogram, position);
    this.drawPitches(context, this.spectrogram, y, picture.lowest, picture.end - 1);
  }

  /* The pitches of singers as lines: in one colour, or each in that of its track. */
  drawContours(context, y, colour = null) {
    if (!this.showsContours) return;
    for (const { track, period, pitch } of this.data.contours ?? []) {
      const first = Math.max(Math.floor(this.left / period), 0);
      const last = Math.min(Math.ceil(this.right / period), pitch.length - 1);
      context.beginPath();
      for (let k = first; k <= last; k += 1) {
        if (!pitch[k]) continue;
        const place = [this.x(k * period), y(pitch[k])];
        if (k > first && pitch[k - 1]) context.lineTo(...place);
        else context.moveTo(...place);
      }
      context.lineJoin = "round";
      for (const [width, stroke] of [[4, this.theme.ground], [1.8, colour ?? this.colour(track)]]) {
        if (width === 4 && colour) continue; // over the notes no rim is needed
        context.lineWidth = colour ? 1.2 : width;
        context.strokeStyle = stroke;
        context.stroke();
      }
    }
  }

  drawAlignment(position) {
    const context = this.alignment.clear();
    const { height } = this.alignment;
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
      context.fillStyle = note.confidence < this.data.lowConfidence ? this.theme.doubt : this.theme.faint;
      context.fillRect(this.x(note.onset) - 1, half - 2 - size, 2, size);
    }
    context.strokeStyle = this.theme.line;
    context.strokeRect(LABEL_WIDTH, Math.round(half) + 0.5, this.alignment.width, 0);
    this.drawTempo(context, half + 6, height - 6);
    this.drawPlayhead(context, this.alignment, position);
    this.clearLabels(context, this.alignment);
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

  drawTimes(canvas, context) {
    const step = [0.5, 1, 2, 5, 10, 20, 30, 60].find((seconds) => seconds * this.scale > 64) ?? 120;
    const hasBars = this.data.beats?.length > 0; // whose lines and numbers take the place of those of the times
    const y = hasBars ? canvas.height - 8 : 8;
    context.textAlign = "left";
    for (let time = Math.max(Math.ceil(this.left / step) * step, 0); time < this.right; time += step) {
      context.fillStyle = this.theme.line;
      context.fillRect(Math.round(this.x(time)), hasBars ? canvas.height - 14 : 0, 1, canvas.height);
      context.fillStyle = this.theme.faint;
      context.fillText(timeText(time, step < 1 ? 1 : 0), this.x(time) + 4, y);
    }
  }

  drawPlayhead(context, canvas, position) {
    const { loop } = this.player;
    if (loop.end > loop.begin) {
      const [begin, end] = [this.x(loop.begin), this.x(loop.end)];
      context.globalAlpha = loop.isOn ? 1 : 0.35;
      context.fillStyle = this.theme.accent; // lines only: a tint would look like a mask
      context.fillRect(begin, 0, end - begin, 2.5);
      context.fillRect(begin - 0.75, 0, 1.5, canvas.height);
      context.fillRect(end - 0.75, 0, 1.5, canvas.height);
      context.globalAlpha = 1;
    }
    context.fillStyle = this.theme.ink;
    context.fillRect(Math.round(this.x(position)) - 0.75, 0, 1.5, canvas.height);
  }

  clearLabels(context, canvas) {
    context.fillStyle = this.theme.ground;
    context.fillRect(0, 0, LABEL_WIDTH, canvas.height);
    context.textAlign = "left";
  }

  drawPitches(context, canvas, y, lowest, highest) {
    this.clearLabels(context, canvas);
    context.fillStyle = this.theme.faint;
    for (let pitch = Math.ceil(lowest / 12) * 12; pitch <= highest; pitch += 12) {
      const at = Math.min(Math.max(y(pitch), 8), canvas.height - 8);
      context.fillText(pitchName(pitch), 6, at);
      context.fillRect(LABEL_WIDTH - 5, Math.round(y(pitch)), 5, 1);
    }
  }

  /* The note nearest to a place of the piano roll, up to some pixels away from it. */
  noteAt(x, y, reach = 1, notes = this.data.notes) {
    const distance = (note) => {
      const top = this.noteTop(note.pitch);
      const across = Math.max(top - y, y - top - this.noteHeight, 0);
      return Math.max(across, this.x(note.onset) - x - 2, x - this.x(note.offset) - 2);
    };
    const near = notes.map((note) => [distance(note), note]).filter(([pixels]) => pixels <= reach);
    return near.reduce((best, each) => (each[0] < best[0] ? each : best), [Infinity, undefined])[1];
  }
}
