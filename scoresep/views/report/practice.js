"use strict";
/* The controls for practising: tempo, transposition, clicks, bars, and the download of the mix. */

const TEMPO_STEP = 5; // percent that a key changes the tempo
const MOST_SEMITONES = 6; // up or down

class Practice {
  constructor(page) {
    Object.assign(this, { page, player: page.player, metronome: page.player.metronome });
    const on = (id, event, action) => byId(id).addEventListener(event, action);
    on("tempo", "input", () => this.setTempo(Number(byId("tempo").value)));
    on("tempo-reset", "click", () => this.setTempo(100));
    on("lower", "click", () => this.transpose(-1));
    on("higher", "click", () => this.transpose(1));
    on("click", "click", () => this.toggleClick());
    on("count-in", "click", () => this.toggleCountIn());
    on("loop-bars", "click", () => this.toggleBars());
    on("bars-back", "click", () => this.moveBars(-1));
    on("bars-on", "click", () => this.moveBars(1));
    for (const id of ["bar-first", "bar-last"]) on(id, "keydown", (event) => event.key === "Enter" && this.loopTypedBars());
    on("download", "click", () => this.download());
    const { bars } = this.metronome;
    byId("clicks").hidden = byId("bars").hidden = !bars.length;
    if (bars.length) this.writeBars(0, Math.min(3, bars.length - 1));
  }

  get keys() {
    const { player } = this;
    return {
      ",": () => this.setTempo(100 * player.tempo - TEMPO_STEP),
      ".": () => this.setTempo(100 * player.tempo + TEMPO_STEP),
      "<": () => this.transpose(-1),
      ">": () => this.transpose(1),
      m: () => this.toggleClick(),
      i: () => this.toggleCountIn(),
      b: () => this.toggleThisBar(),
    };
  }

  /* Play at a percentage of the recording's tempo. */
  setTempo(percent) {
    const { min, max } = byId("tempo");
    this.player.change({ tempo: Math.min(Math.max(Math.round(percent), Number(min)), Number(max)) / 100 });
    this.page.announce(`Tempo ${Math.round(100 * this.player.tempo)} percent`);
  }

  transpose(step) {
    const transposition = Math.min(Math.max(this.player.transposition + step, -MOST_SEMITONES), MOST_SEMITONES);
    this.player.change({ transposition });
    this.page.announce(`Transposed by ${transposition} semitones`);
  }

  toggleClick() {
    this.metronome.isOn = !this.metronome.isOn && this.metronome.beats.length > 0;
    this.player.updateGains();
    this.page.announce(`Click ${this.metronome.isOn ? "on" : "off"}`);
  }

  toggleCountIn() {
    this.metronome.countsIn = !this.metronome.countsIn && this.metronome.beats.length > 1;
    this.page.refresh();
    this.page.announce(`Count-in ${this.metronome.countsIn ? "on" : "off"}`);
  }

  /* The positions in the list of bars of those that the loop repeats; null if it does not begin and end with bars. */
  loopedBars() {
    const { loop } = this.player;
    const near = (a, b) => Math.abs(a - b) < 2e-3;
    const [first, last] = ["begin", "end"].map((edge) => this.metronome.bars.findIndex((bar) => near(bar[edge], loop[edge])));
    return loop.isOn && first >= 0 && last >= first ? [first, last] : null;
  }

  /* Repeat bars, given by their positions in the list of bars. */
  loopBars(first, last) {
    const { bars } = this.metronome;
    const { player } = this;
    const [begin, end] = [bars[first].begin, bars[last].end];
    player.setLoop({ begin, end, isOn: true });
    if (player.position() < begin || player.position() >= end) this.page.seek(begin);
    this.page.announce(first === last ? `Loop over bar ${bars[first].bar}` : `Loop over bars ${bars[first].bar} to ${bars[last].bar}`);
  }

  /* The positions of the bars whose numbers are typed: of those played more than once, the next ones; null if there are none. */
  typedBars() {
    const numbers = this.metronome.bars.map((bar) => bar.bar);
    const [low, high] = ["bar-first", "bar-last"].map((id) => Number(byId(id).value)).sort((a, b) => a - b);
    const passages = [...numbers.keys()]
      .filter((at) => numbers[at] === low)
      .map((at) => [at, numbers.indexOf(high, at)])
      .filter(([first, last]) => last >= 0 && !numbers.slice(first + 1, last).includes(low));
    const here = this.metronome.barAt(this.player.position());
    return passages.find(([, last]) => last >= here) ?? passages[0] ?? null;
  }

  /* Repeat the bars whose numbers are typed. */
  loopTypedBars() {
    const typed = this.typedBars();
    if (typed) this.loopBars(...typed);
    else this.page.announce("There are no such bars");
  }

  toggleBars() {
    if (this.loopedBars() && String(this.loopedBars()) === String(this.typedBars())) this.page.clearLoop();
    else this.loopTypedBars();
  }

  writeBars(...places) {
    [byId("bar-first").value, byId("bar-last").value] = places.map((at) => this.metronome.bars[at].bar);
  }

  toggleThisBar() {
    const here = this.metronome.barAt(this.player.position());
    if (this.loopedBars()) this.page.clearLoop();
    else if (this.metronome.bars.length) this.loopBars(here, here);
  }

  /* Move the loop by as many bars as it has. */
  moveBars(direction) {
    const found = this.loopedBars();
    if (!found) return this.loopTypedBars();
    const [first, last] = found;
    const count = last - first + 1;
    const start = Math.min(Math.max(first + direction * count, 0), this.metronome.bars.length - count);
    this.loopBars(start, start + count - 1);
  }

  async download() {
    const button = byId("download");
    button.disabled = true;
    button.textContent = "Making the mix …";
    try {
      const link = make("a", { href: URL.createObjectURL(await mixFile(this.player)), download: this.fileName() });
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    } catch (error) {
      this.page.warn(`The mix could not be made: ${error.message}`);
    }
    button.disabled = false;
    button.textContent = "Download mix";
  }

  /* The title with what differs from the recording. */
  fileName() {
    const { player } = this;
    const { tracks, title } = player.data;
    const off = tracks.filter((track, k) => !track.isResidual && !player.gainOf(k)).map((track) => track.name);
    const parts = [title.replace(/[^\p{L}\p{N}._ -]/gu, "-")];
    if (player.playsRecording) parts.push("recording");
    else if (off.length === 1) parts.push(`without ${off[0]}`);
    else if (off.length) parts.push("mix");
    if (player.tempo !== 1) parts.push(`${Math.round(100 * player.tempo)} percent`);
    if (player.transposition) parts.push(`${signed(player.transposition)} semitones`);
    if (this.metronome.isOn) parts.push("click");
    return `${parts.join(", ")}.wav`;
  }

  /* Show the state on the controls. */
  refresh() {
    const { player, metronome } = this;
    const press = (id, isOn) => byId(id).setAttribute("aria-pressed", String(isOn));
    const percent = Math.round(100 * player.tempo);
    byId("tempo").value = percent;
    byId("tempo").setAttribute("aria-valuetext", `${percent} percent`);
    byId("tempo-reset").textContent = `${percent} %`;
    byId("transposition").textContent = signed(player.transposition);
    press("click", metronome.isOn);
    press("count-in", metronome.countsIn);
    const looped = this.loopedBars();
    press("loop-bars", looped !== null);
    if (looped && String(looped) !== this.shownBars) this.writeBars(...looped); // once, so that others can be typed
    this.shownBars = String(looped);
  }
}

/* A whole number with its sign. */
function signed(value) {
  return `${value > 0 ? "+" : ""}${String(value).replace("-", "−")}`;
}
