"use strict";
/* The controls of the page: what buttons, pointers and keys do. */

class Page {
  constructor(data) {
    this.data = data;
    this.loader = new BlockLoader(data);
    this.player = new (data.compares ? ComparisonPlayer : Player)(data, this.loader);
    this.view = new (data.compares ? ComparisonView : View)(data, this.player, this.loader);
    this.player.onChange = () => this.refresh();
    this.loader.onError = this.player.onError = (text) => this.warn(text);
    writeHead(data);
    this.writeTracks();
    writeNumbers(data);
    this.connectTheme();
    this.connectTransport();
    this.connectOutline();
    this.connectTools();
    this.practice = new Practice(this);
    this.score = new ScoreControls(this);
    this.corrections = new Corrections(this);
    this.staves = new Staves(this);
    document.addEventListener("keydown", (event) => this.onKey(event));
    document.addEventListener("click", (event) => {
      if (event.pointerType === "mouse") event.target.closest("button")?.blur(); // the space bar plays, whatever was clicked last
    });
    new ResizeObserver(() => this.view.requestDraw()).observe(document.body);
    this.refresh();
  }

  announce(text) {
    byId("announcement").textContent = text;
  }

  warn(text) {
    byId("errors").replaceChildren(make("p", { class: "notice" }, text));
  }

  writeTracks() {
    this.rows = this.data.tracks.map((track, k) => makeRow(this, track, k));
  }

  toggle(set, track, what) {
    if (!set.delete(track)) set.add(track);
    this.player.playsRecording = false;
    this.player.updateGains();
    this.announce(`${this.data.tracks[track].name}: ${what} ${set.has(track) ? "on" : "off"}`);
  }

  /* Switch a track off and all others on, or all on if that is so already. */
  toggleMyPart(track) {
    const { solo, mute } = this.player;
    const isMine = this.isMyPart(track);
    solo.clear();
    mute.clear();
    if (isMine) this.player.updateGains();
    else this.toggle(mute, track, "my part, mute");
  }

  isMyPart(track) {
    const { solo, mute } = this.player;
    return solo.size === 0 && mute.size === 1 && mute.has(track);
  }

  /* Set the fader of a track (dB). */
  setVolume(track, level) {
    this.rows[track].fader.value = level;
    this.player.volume[track] = gainOfFader(level);
    this.player.updateGains();
  }

  toggleMask(track) {
    if (!this.view.hiddenMasks.delete(track)) this.view.hiddenMasks.add(track);
    this.refresh();
  }

  connectTheme() {
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

  connectTransport() {
    const { player } = this;
    byId("play").addEventListener("click", () => player.toggle());
    byId("play-stems").addEventListener("click", () => this.playRecording(false));
    byId("play-recording").addEventListener("click", () => this.playRecording(true));
    byId("loop").addEventListener("click", () => this.toggleLoop());
    byId("loop-begin").addEventListener("click", () => this.markLoop("begin"));
    byId("loop-end").addEventListener("click", () => this.markLoop("end"));
  }

  playRecording(recording) {
    this.player.playsRecording = recording;
    this.player.updateGains();
    this.announce(recording ? "The recording" : "The stems");
  }

  switchSound() {
    this.playRecording(!this.player.playsRecording);
  }

  toggleLoop() {
    const { loop } = this.player;
    const whole = loop.end > loop.begin ? {} : { begin: 0, end: this.data.duration };
    this.player.setLoop({ ...whole, isOn: !loop.isOn });
    this.announce(`Loop ${loop.isOn ? "on" : "off"}`);
  }

  markLoop(edge) {
    const { loop } = this.player;
    const position = this.player.position();
    const mark = edge === "begin"
      ? { begin: position, end: loop.end > position ? loop.end : this.data.duration }
      : { begin: loop.begin < position ? loop.begin : 0, end: position };
    this.player.setLoop({ ...mark, isOn: true });
    this.view.show(this.player.position());
    this.announce(`Loop from ${timeText(loop.begin)} to ${timeText(loop.end)}`);
  }

  clearLoop() {
    this.player.clearLoop();
    this.announce("No loop");
  }

  showKeys() {
    const help = document.querySelector(".help");
    help.open = !help.open;
    if (help.open) help.scrollIntoView({ block: "nearest" });
  }

  /* A click on the waveform seeks; dragging over it marks the loop. */
  connectOutline() {
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
        this.seek(this.player.loop.begin);
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
    this.view.show(this.player.pausedAt);
  }

  connectTools() {
    const { view } = this;
    byId("mask-strength").addEventListener("input", (event) => {
      view.maskStrength = event.target.value / 100;
      view.requestDraw();
    });
    byId("contours").addEventListener("click", () => {
      view.showsContours = !view.showsContours;
      this.refresh();
    });
    byId("zoom-in").addEventListener("click", () => this.score.zoom(ZOOM_STEP));
    byId("zoom-out").addEventListener("click", () => this.score.zoom(1 / ZOOM_STEP));
    byId("follow").addEventListener("click", () => this.toggleFollow());
  }

  toggleFollow() {
    this.view.follows = !this.view.follows;
    this.refresh();
  }

  onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const isSlider = event.target.matches?.("input[type=range]") && !/^(Arrow|Page|Home|End)/.test(event.key); // these keys move it
    const isField = event.target.matches?.("input, summary") && !isSlider;
    if (isField || (event.target.matches?.("button") && [" ", "Enter"].includes(event.key))) return;
    const digit = /^Digit([0-9])$/.exec(event.code)?.[1] ?? (/^[0-9]$/.test(event.key) ? event.key : null);
    const actions = {
      " ": () => this.player.toggle(),
      a: () => this.switchSound(),
      l: () => this.toggleLoop(),
      f: () => this.toggleFollow(),
      Escape: () => this.clearLoop(),
      "?": () => this.showKeys(),
      "[": () => this.markLoop("begin"),
      "]": () => this.markLoop("end"),
      "+": () => this.score.zoom(ZOOM_STEP),
      "=": () => this.score.zoom(ZOOM_STEP),
      "-": () => this.score.zoom(1 / ZOOM_STEP),
      Home: () => this.seek(0),
      End: () => this.seek(this.data.duration),
      ArrowLeft: () => this.seek(this.player.position() - 2),
      ArrowRight: () => this.seek(this.player.position() + 2),
      ...this.practice.keys,
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
      player.updateGains();
      this.announce("All tracks");
    } else if (digit <= data.tracks.length) {
      this.toggle(isShifted ? player.mute : player.solo, digit - 1, isShifted ? "mute" : "solo");
    }
  }

  /* Show the state of the player on all buttons. */
  refresh() {
    const { player, view } = this;
    if (!this.score) return;
    this.practice.refresh();
    view.readTheme();
    const press = (element, isOn) => element.setAttribute("aria-pressed", String(isOn));
    byId("play").setAttribute("aria-label", player.isPlaying ? "Pause" : "Play");
    byId("play").classList.toggle("is-playing", player.isPlaying);
    press(byId("play-stems"), !player.playsRecording);
    press(byId("play-recording"), player.playsRecording);
    press(byId("loop"), player.loop.isOn);
    press(byId("follow"), view.follows);
    press(byId("contours"), view.showsContours);
    this.rows.forEach(({ row, part, solo, mute, mask, fader, volume, chip }, k) => {
      press(part, this.isMyPart(k));
      volume.textContent = fader.ariaValueText = faderText(Number(fader.value));
      press(solo, player.solo.has(k));
      press(mute, player.mute.has(k));
      press(mask, !view.hiddenMasks.has(k));
      chip.style.background = view.colour(k);
      row.style.setProperty("--own", view.colour(k));
      row.classList.toggle("is-silent", player.playsRecording || !player.isAudible(k));
    });
    this.staves?.refresh();
    this.tick();
  }

  /* Show the position and the levels, again and again while the sound plays. */
  tick() {
    this.tickRequest ??= requestAnimationFrame(() => {
      this.tickRequest = null;
      const { player } = this;
      const position = player.position();
      byId("clock").textContent = `${timeText(position)} / ${timeText(this.data.duration)}`;
      const slider = byId("outline");
      slider.setAttribute("aria-valuemin", "0");
      slider.setAttribute("aria-valuemax", this.data.duration.toFixed(1));
      slider.setAttribute("aria-valuenow", position.toFixed(1));
      slider.setAttribute("aria-valuetext", timeText(position));
      this.rows.forEach(({ meter }, k) => {
        const level = player.isPlaying ? 1 + (20 * Math.log10(player.level(k) + 1e-9)) / 60 : 0;
        meter.style.transform = `scaleX(${Math.min(Math.max(level, 0), 1).toFixed(3)})`;
      });
      this.view.draw();
      this.staves?.draw(position);
      if (player.isPlaying) this.tick();
    });
  }
}

/* Called when all blocks of the page are there. */
function start() {
  const data = readData();
  window.scoresep = new (data.compares ? ComparisonPage : Page)(data);
}
