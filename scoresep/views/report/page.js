"use strict";
/* The page: what is written on it, and what buttons, pointers and keys do. */

const KEYS = [
  ["Space", "play or pause"],
  ["1 – 9", "solo a track; with Shift mute it"],
  ["0", "all tracks again"],
  ["A", "switch between the stems and the recording"],
  ["← →", "two seconds back or on; in the score, from note to note"],
  ["Enter", "in the score, play the note alone"],
  ["[ and ]", "begin and end of the loop here, or drag over the waveform"],
  ["L", "loop on or off"],
  ["+ −", "zoom"],
  ["F", "scroll with the sound, or not"],
  ["Home", "to the beginning"],
];

const byId = (id) => document.getElementById(id);

function decibels(value) {
  return typeof value === "number" ? value.toFixed(1).replace("-", "−") : null;
}

/* An element with text and attributes; text from files is never markup. */
function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "style") element.style.cssText = value;
    else element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

function readData() {
  const data = JSON.parse(byId("data").textContent);
  const counts = new Map();
  data.notes = data.notes.map(([onset, offset, pitch, velocity, track, confidence], index) => {
    counts.set(track, (counts.get(track) ?? 0) + 1);
    const frequency = 440 * 2 ** ((pitch - 69 + (data.transposition ?? 0) + (data.tuning ?? 0) / 100) / 12);
    return { index, onset, offset, pitch, velocity, track, confidence, frequency };
  });
  for (const note of data.notes) note.isOnlyOne = counts.get(note.track) === 1;
  data.tracks.forEach((track, k) => (track.notes = counts.get(k) ?? 0));
  return data;
}

class Page {
  constructor(data) {
    this.data = data;
    this.library = new Library(data);
    this.player = new Player(data, this.library);
    this.view = new View(data, this.player, this.library);
    this.player.onChange = () => this.refresh();
    this.library.onFault = (text) => this.warn(text);
    this.writeHead();
    this.writeTracks();
    this.writeNumbers();
    this.wireTheme();
    this.wireTransport();
    this.wireOutline();
    this.wireTools();
    this.wireScore();
    document.addEventListener("keydown", (event) => this.onKey(event));
    new ResizeObserver(() => this.view.ask()).observe(document.body);
    this.refresh();
  }

  say(text) {
    byId("say").textContent = text;
  }

  warn(text) {
    byId("faults").replaceChildren(make("p", { class: "notice" }, text));
  }

  writeHead() {
    const { data } = this;
    byId("title").textContent = data.title;
    const { groups } = data;
    const parts = [data.score, clockOf(data.duration, 0), `${groups} ${groups === 1 ? "group" : "groups"}`];
    if (data.notes.length) parts.push(`${data.notes.length} notes`);
    if (data.confidence !== undefined) parts.push(`alignment confidence ${data.confidence.toFixed(2)}`);
    byId("subtitle").textContent = parts.filter(Boolean).join(" · ");
    byId("keys").append(...KEYS.flatMap(([key, what]) => [make("dt", {}, make("kbd", {}, key)), make("dd", {}, what)]));
    if (!data.notes.length) byId("roll").parentElement.hidden = byId("strip").parentElement.hidden = true;
    if (data.tempo?.length) this.writeTempo(data.tempo.flat().map(([, tempo]) => tempo));
  }

  writeTempo(tempo) {
    const [low, high] = [Math.min(...tempo), Math.max(...tempo)].map((share) => Math.round(100 * share));
    const doubtful = this.data.notes.filter((note) => note.confidence < DOUBTFUL).length;
    const text = `confidence of each note, ${doubtful} doubtful; local tempo, ${low} to ${high} % of the written one`;
    byId("strip-caption").textContent = text;
    byId("strip").setAttribute("aria-label", `Alignment: ${text}`);
  }

  writeTracks() {
    this.rows = this.data.tracks.map((track, k) => {
      const key = k < 9 ? String(k + 1) : "";
      const [solo, mute, mask] = [
        make("button", { type: "button", "aria-label": `Solo ${track.name}`, title: `Solo (${key})` }, "Solo"),
        make("button", { type: "button", "aria-label": `Mute ${track.name}`, title: `Mute (Shift ${key})` }, "Mute"),
        make("button", { class: "mask", type: "button", "aria-label": `Mask of ${track.name}`, title: "Show its mask" }, "Mask"),
      ];
      const meter = make("span", { class: "meter", "aria-hidden": "true" }, make("i"));
      const level = decibels(track.level);
      solo.addEventListener("click", () => this.toggle(this.player.solo, k, "solo"));
      mute.addEventListener("click", () => this.toggle(this.player.mute, k, "mute"));
      mask.addEventListener("click", () => this.toggleMask(k));
      const row = make(
        "div", { class: "track", role: "group", "aria-label": track.name },
        make("kbd", { "aria-hidden": "true" }, key),
        make("span", { class: "chip", "aria-hidden": "true" }),
        make("span", { class: "name", title: track.name }, track.name),
        meter,
        make("span", { class: "level", title: "Level, relative to full scale" }, level ? `${level} dB` : "silent"),
        make("span", { class: "group" }, solo, mute, mask),
      );
      byId("tracks").append(row);
      return { row, solo, mute, mask, meter: meter.firstChild, chip: row.querySelector(".chip") };
    });
  }

  toggle(set, track, what) {
    if (!set.delete(track)) set.add(track);
    this.player.hearsRecording = false;
    this.player.mix();
    this.say(`${this.data.tracks[track].name}: ${what} ${set.has(track) ? "on" : "off"}`);
  }

  toggleMask(track) {
    if (!this.view.hidden.delete(track)) this.view.hidden.add(track);
    this.refresh();
  }

  writeNumbers() {
    const { data } = this;
    const cell = (value) => make("td", {}, decibels(value) ?? "–");
    byId("levels").append(
      make("thead", {}, make("tr", {}, ...["Stem", "Notes", "Level", "Peak"].map((text) => make("th", { scope: "col" }, text)))),
      make("tbody", {}, ...data.tracks.map((track) =>
        make("tr", {}, make("th", { scope: "row" }, track.name), make("td", {}, String(track.notes)), cell(track.level), cell(track.peak)),
      )),
      make("caption", {}, "Levels and peaks in decibels, full scale is 0"),
    );
    const { options = {}, warnings = [], ...rest } = data.summary;
    const shown = Object.entries({ ...rest, ...options }).filter(([, value]) => value !== null && typeof value !== "object");
    byId("settings").append(...shown.map(([name, value]) =>
      make("div", {}, make("dt", {}, name.replaceAll("_", " ")), make("dd", {}, String(value))),
    ));
    byId("warnings").append(...warnings.map((text) => make("p", { class: "notice" }, text)));
    this.writeLoss(data.loss ?? []);
  }

  /* The loss of each iteration, on a logarithmic scale. */
  writeLoss(loss) {
    const box = byId("loss");
    const last = loss.length - 1;
    if (last < 1) return box.parentElement.remove();
    const logs = loss.map((value) => Math.log(Math.max(value, 1e-12)));
    const [low, high] = [Math.min(...logs), Math.max(...logs)];
    const [width, height] = [320, 130];
    const points = logs.map((value, k) =>
      `${(8 + (k / last) * (width - 16)).toFixed(1)},${(8 + ((high - value) / Math.max(high - low, 1e-9)) * (height - 16)).toFixed(1)}`);
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const shown = (value) => Number(value.toPrecision(4)).toLocaleString("en");
    const text = `Loss ${shown(loss[0])} before the fit, ${shown(loss[last])} after ${last} iterations`;
    const line = document.createElementNS(svg.namespaceURI, "polyline");
    for (const [key, value] of Object.entries({ viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", role: "img", "aria-label": text })) svg.setAttribute(key, value);
    line.setAttribute("points", points.join(" "));
    svg.append(line);
    box.append(svg, make("p", {}, text));
  }

  wireTheme() {
    const button = byId("theme");
    const system = window.matchMedia("(prefers-color-scheme: dark)");
    const apply = () => {
      const root = document.documentElement;
      const isDark = root.dataset.theme ? root.dataset.theme === "dark" : system.matches;
      button.textContent = isDark ? "Light" : "Dark";
      button.setAttribute("aria-label", `Switch to ${isDark ? "light" : "dark"} colours`);
      this.refresh();
      return isDark;
    };
    system.addEventListener("change", apply);
    button.addEventListener("click", () => {
      const isDark = document.documentElement.dataset.theme ? document.documentElement.dataset.theme === "dark" : system.matches;
      document.documentElement.dataset.theme = isDark ? "light" : "dark";
      apply();
    });
    apply();
  }

  wireTransport() {
    const { player } = this;
    byId("play").addEventListener("click", () => player.toggle());
    byId("hear-stems").addEventListener("click", () => this.hear(false));
    byId("hear-recording").addEventListener("click", () => this.hear(true));
    byId("loop").addEventListener("click", () => this.toggleLoop());
    byId("loop-begin").addEventListener("click", () => this.markLoop("begin"));
    byId("loop-end").addEventListener("click", () => this.markLoop("end"));
  }

  hear(recording) {
    this.player.hearsRecording = recording;
    this.player.mix();
    this.say(recording ? "The recording" : "The stems");
  }

  toggleLoop() {
    const { loop } = this.player;
    const whole = loop.end > loop.begin ? {} : { begin: 0, end: this.data.duration };
    this.player.setLoop({ ...whole, isOn: !loop.isOn });
    this.say(`Loop ${loop.isOn ? "on" : "off"}`);
  }

  markLoop(edge) {
    const { loop } = this.player;
    const position = this.player.position();
    const mark = edge === "begin"
      ? { begin: position, end: loop.end > position ? loop.end : this.data.duration }
      : { begin: loop.begin < position ? loop.begin : 0, end: position };
    this.player.setLoop({ ...mark, isOn: true });
    this.say(`Loop from ${clockOf(loop.begin)} to ${clockOf(loop.end)}`);
  }

  /* A click on the waveform seeks; dragging over it marks the loop. */
  wireOutline() {
    const box = byId("outline");
    const timeOf = (event) => {
      const { left, width } = box.getBoundingClientRect();
      return Math.min(Math.max((event.clientX - left) / width, 0), 1) * this.data.duration;
    };
    let begin = null;
    box.addEventListener("pointerdown", (event) => {
      begin = { x: event.clientX, time: timeOf(event) };
      box.setPointerCapture(event.pointerId);
    });
    box.addEventListener("pointermove", (event) => {
      if (begin && Math.abs(event.clientX - begin.x) > 5) {
        Object.assign(this.player.loop, { begin: Math.min(begin.time, timeOf(event)), end: Math.max(begin.time, timeOf(event)) });
        this.refresh();
      }
    });
    box.addEventListener("pointerup", (event) => {
      if (begin && Math.abs(event.clientX - begin.x) > 5) {
        this.player.setLoop({ isOn: true });
        this.player.seek(this.player.loop.begin);
      } else if (begin) this.seek(timeOf(event));
      begin = null;
    });
    box.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -5, ArrowDown: -5, ArrowRight: 5, ArrowUp: 5, PageUp: 20, PageDown: -20 }[event.key];
      if (!step) return;
      event.preventDefault();
      event.stopPropagation();
      this.seek(this.player.position() + step);
    });
  }

  seek(time) {
    this.player.seek(time);
    this.view.show(this.player.at);
  }

  wireTools() {
    const { view } = this;
    byId("overlay").addEventListener("input", (event) => {
      view.overlay = event.target.value / 100;
      view.ask();
    });
    byId("zoom-in").addEventListener("click", () => this.zoom(1.4));
    byId("zoom-out").addEventListener("click", () => this.zoom(1 / 1.4));
    byId("follow").addEventListener("click", () => this.toggleFollow());
  }

  toggleFollow() {
    this.view.follows = !this.view.follows;
    this.refresh();
  }

  zoom(factor, anchor = (this.view.left + this.view.right) / 2) {
    const { view } = this;
    const scale = Math.min(Math.max(view.scale * factor, 4), 800);
    view.left = anchor - ((anchor - view.left) * view.scale) / scale;
    view.scale = scale;
    view.ask();
  }

  /* Click a note to hear it alone, any other place to seek; drag or scroll sideways to look elsewhere. */
  wireScore() {
    for (const id of ["roll", "spectrogram", "strip"]) this.wirePanning(byId(id), id === "roll");
    const roll = byId("roll");
    roll.addEventListener("pointermove", (event) => this.hover(this.view.noteAt(event.offsetX, event.offsetY)));
    roll.addEventListener("pointerleave", () => this.hover(undefined));
    roll.addEventListener("keydown", (event) => this.onScoreKey(event));
  }

  wirePanning(box, hasNotes) {
    const { view } = this;
    let begin = null;
    box.addEventListener("pointerdown", (event) => {
      begin = { x: event.clientX, left: view.left, moved: false };
      box.setPointerCapture(event.pointerId);
    });
    box.addEventListener("pointermove", (event) => {
      if (!begin || (!begin.moved && Math.abs(event.clientX - begin.x) < 6)) return;
      begin.moved = true;
      this.lookAt(begin.left - (event.clientX - begin.x) / view.scale);
    });
    box.addEventListener("pointerup", (event) => {
      const note = hasNotes ? view.noteAt(event.offsetX, event.offsetY) : undefined;
      if (begin && !begin.moved && note) this.playAlone(note);
      else if (begin && !begin.moved) this.player.seek(view.timeAt(event.offsetX));
      begin = null;
    });
    box.addEventListener("pointercancel", () => (begin = null));
    box.addEventListener("wheel", (event) => {
      if (event.ctrlKey) this.zoom(Math.exp(-event.deltaY / 200), view.timeAt(event.offsetX));
      else if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) this.lookAt(view.left + event.deltaX / view.scale);
      else return;
      event.preventDefault();
    }, { passive: false });
  }

  lookAt(left) {
    this.view.left = left;
    if (this.player.isPlaying) this.view.follows = false;
    this.refresh();
  }

  hover(note) {
    this.view.focus = note ?? null;
    byId("hover").textContent = note ? this.describe(note) : "";
    byId("roll").style.cursor = note ? "pointer" : "";
    this.view.ask();
  }

  describe(note) {
    const track = this.data.tracks[note.track]?.name ?? "";
    return `${pitchName(note.pitch)} · ${track} · ${clockOf(note.onset, 2)} · confidence ${note.confidence.toFixed(2)}`;
  }

  playAlone(note) {
    this.view.focus = note;
    this.player.playAlone(note);
    this.view.show(note.onset);
    byId("hover").textContent = this.describe(note);
    this.say(this.describe(note));
  }

  onScoreKey(event) {
    const { notes } = this.data;
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!notes.length || (!step && event.key !== "Enter")) return;
    event.preventDefault();
    event.stopPropagation();
    const position = this.player.position();
    const next = notes.findIndex((note) => note.onset >= position - 0.01);
    const here = this.view.focus?.index ?? (next < 0 ? notes.length : next) - (step === 1 ? 1 : 0);
    if (!step) return this.playAlone(notes[Math.min(Math.max(here, 0), notes.length - 1)]);
    const note = notes[Math.min(Math.max(here + step, 0), notes.length - 1)];
    this.player.seek(note.onset);
    this.view.show(note.onset);
    this.hover(note);
    this.say(this.describe(note));
  }

  onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const isField = event.target.matches?.("input, summary");
    if (isField || (event.target.matches?.("button") && [" ", "Enter"].includes(event.key))) return;
    const digit = /^Digit([0-9])$/.exec(event.code)?.[1] ?? (/^[0-9]$/.test(event.key) ? event.key : null);
    const actions = {
      " ": () => this.player.toggle(),
      a: () => this.hear(!this.player.hearsRecording),
      l: () => this.toggleLoop(),
      f: () => this.toggleFollow(),
      "[": () => this.markLoop("begin"),
      "]": () => this.markLoop("end"),
      "+": () => this.zoom(1.4),
      "=": () => this.zoom(1.4),
      "-": () => this.zoom(1 / 1.4),
      Home: () => this.seek(0),
      End: () => this.seek(this.data.duration),
      ArrowLeft: () => this.seek(this.player.position() - 2),
      ArrowRight: () => this.seek(this.player.position() + 2),
    };
    const action = digit === null ? actions[event.key.length > 1 ? event.key : event.key.toLowerCase()] : () => this.onDigit(Number(digit), event.shiftKey);
    if (!action) return;
    event.preventDefault();
    action();
  }

  onDigit(digit, isShifted) {
    const { player, data } = this;
    if (digit === 0) {
      player.solo.clear();
      player.mute.clear();
      player.mix();
      this.say("All tracks");
    } else if (digit <= data.tracks.length) {
      this.toggle(isShifted ? player.mute : player.solo, digit - 1, isShifted ? "mute" : "solo");
    }
  }

  /* Show the state of the player on all buttons. */
  refresh() {
    const { player, view } = this;
    if (!this.rows) return;
    view.readTheme();
    const press = (element, isOn) => element.setAttribute("aria-pressed", String(isOn));
    byId("play").setAttribute("aria-label", player.isPlaying ? "Pause" : "Play");
    byId("play").classList.toggle("is-playing", player.isPlaying);
    press(byId("hear-stems"), !player.hearsRecording);
    press(byId("hear-recording"), player.hearsRecording);
    press(byId("loop"), player.loop.isOn);
    press(byId("follow"), view.follows);
    this.rows.forEach(({ row, solo, mute, mask, chip }, k) => {
      press(solo, player.solo.has(k));
      press(mute, player.mute.has(k));
      press(mask, !view.hidden.has(k));
      chip.style.background = view.colour(k);
      row.style.setProperty("--own", view.colour(k));
      row.classList.toggle("is-silent", player.hearsRecording || !player.isAudible(k));
    });
    this.tick();
  }

  /* Show where the sound is, as long as it plays. */
  tick() {
    this.ticking ??= requestAnimationFrame(() => {
      this.ticking = null;
      const { player } = this;
      const position = player.position();
      byId("clock").textContent = `${clockOf(position)} / ${clockOf(this.data.duration)}`;
      const slider = byId("outline");
      slider.setAttribute("aria-valuemin", "0");
      slider.setAttribute("aria-valuemax", this.data.duration.toFixed(1));
      slider.setAttribute("aria-valuenow", position.toFixed(1));
      slider.setAttribute("aria-valuetext", clockOf(position));
      this.rows.forEach(({ meter }, k) => {
        const level = player.isPlaying ? 1 + (20 * Math.log10(player.level(k) + 1e-9)) / 60 : 0;
        meter.style.transform = `scaleX(${Math.min(Math.max(level, 0), 1).toFixed(3)})`;
      });
      this.view.draw();
      if (player.isPlaying) this.tick();
    });
  }
}

/* Called when all blocks of the page are there. */
function start() {
  window.scoresep = new Page(readData());
}
