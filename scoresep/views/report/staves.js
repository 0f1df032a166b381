"use strict";
/* The engraved score: a cursor follows the sound, a click on a note or a bar goes there, dragging over bars loops. */

const NOTE_REACH = 12; // pixels from a pointer to a note that it means
const BAR_DRAG = 8; // pixels that a pointer moves before it marks bars
const MOST_OF_WINDOW = 0.52; // of the height of the window, for the staves
const PHONE_WIDTH = 620; // pixels; a narrower score takes the layout for phones

/* The staves. A pass is a bar as it is played: a bar that is repeated has several. */
class Staves {
  constructor(page) {
    Object.assign(this, { page, data: page.data, player: page.player, view: page.view });
    const { staves } = this.data;
    this.systems = [];
    if (!staves || (!staves.layouts && !staves.missing)) return;
    byId("staves-figure").hidden = false;
    this.box = byId("staves");
    if (staves.missing) {
      this.box.remove();
      byId("staves-figure").append(make("p", { class: "missing" }, staves.missing));
      return;
    }
    this.readNotes(staves);
    this.box.classList.add("is-empty");
    this.connect();
    new ResizeObserver(() => this.choose()).observe(this.box);
  }

  readNotes(staves) {
    this.passes = staves.bars.map(([bar, begin, end]) => ({ bar, begin, end }));
    this.played = new Map(); // the notes of the recording that each engraved note stands for
    this.data.notes.forEach((note, k) => {
      const engraved = staves.notes[k];
      if (engraved >= 0) this.played.set(engraved, [...(this.played.get(engraved) ?? []), note]);
    });
    this.tied = new Map(staves.tied); // engraved notes that go on with another one
    const { unmatched } = staves;
    const left = unmatched ? ` · ${unmatched} of ${this.data.notes.length} notes are not in the staves` : "";
    byId("staves-hint").textContent = `click a note or a bar to go there, drag over bars to loop${left}`;
  }

  /* Show the layout that fits the window. */
  async choose() {
    const { layouts } = this.data.staves;
    const layout = this.box.clientWidth < PHONE_WIDTH ? layouts[0] : layouts.at(-1);
    if (layout !== this.layout) {
      this.layout = layout;
      layout.content = await unpacked(layout.content);
      if (layout !== this.layout) return;
      this.write(layout.content);
    }
    this.setHeight();
    this.page.refresh();
  }

  write({ shapes, systems }) {
    const svg = (attributes, inside) => `<svg xmlns="http://www.w3.org/2000/svg" ${attributes}>${inside}</svg>`;
    const element = (text) => document.importNode(new DOMParser().parseFromString(text, "image/svg+xml").documentElement, true);
    const defs = Object.entries(shapes).map(([name, inside]) => `<g id="${name}">${inside}</g>`).join("");
    this.systems = systems.map((system, number) => {
      const [, , width, height] = system.box;
      const drawing = element(svg(`viewBox="${system.box.join(" ")}" aria-hidden="true"`, system.svg));
      const place = make("div", { class: "system", style: `aspect-ratio: ${width} / ${height}` }, drawing);
      return { ...system, number, place };
    });
    this.cursor = make("div", { class: "cursor", hidden: "" });
    const known = element(svg('class="shapes" aria-hidden="true"', `<defs>${defs}</defs>`));
    this.box.replaceChildren(known, ...this.systems.map(({ place }) => place), this.cursor);
    this.box.classList.remove("is-empty");
    this.findPlaces();
    this.groups = [...this.box.querySelectorAll(".chord, .beam")]; // whose stems and beams join notes
    this.sounding = new Set();
    this.shownSystem = this.shownLoop = null;
  }

  /* As many systems as have room in the window, at least one; behind the last one, room to turn to it. */
  setHeight() {
    const heights = this.systems.map(({ box }) => (box[3] * this.systems[0].place.clientWidth) / box[2]);
    const typical = [...heights].sort((a, b) => a - b)[Math.floor(heights.length / 2)];
    const rows = Math.max(Math.floor((MOST_OF_WINDOW * window.innerHeight) / typical), 1);
    const all = heights.reduce((sum, height) => sum + height, 0);
    const height = Math.min(Math.max(rows * typical, ...heights), all, 0.75 * window.innerHeight);
    this.box.style.height = `${Math.ceil(height)}px`;
    this.box.style.setProperty("--room", height < all - 1 ? `${Math.max(height - heights.at(-1), 0)}px` : "0px");
  }

  /* Where each bar and each note is, and the way of the cursor through each pass. */
  findPlaces() {
    this.bars = new Map();
    const inBar = new Map();
    this.heads = new Map();
    for (const system of this.systems) {
      for (const [bar, left, right] of system.bars) this.bars.set(bar, { system, left, right });
      for (const [note, x] of system.notes) {
        const bar = system.bars.find(([, left, right]) => left <= x && x < right)?.[0];
        if (bar !== undefined && !inBar.get(bar)?.some(([other]) => other === note)) inBar.set(bar, [...(inBar.get(bar) ?? []), [note, x]]);
      }
      for (const head of system.place.querySelectorAll("[data-note]")) {
        const own = Number(head.dataset.note);
        const note = this.tied.get(own) ?? own;
        this.heads.set(note, [...(this.heads.get(note) ?? []), head]);
      }
    }
    for (const pass of this.passes) pass.way = this.wayThrough(pass, inBar.get(pass.bar) ?? []);
  }

  /* Times and places of the cursor in a pass; both rise. */
  wayThrough({ bar, begin, end }, notes) {
    const place = this.bars.get(bar);
    if (!place) return [];
    const onsets = notes.flatMap(([note, x]) => (this.played.get(note) ?? []).map(({ onset }) => [onset, x]));
    const within = onsets.filter(([onset]) => onset > begin - 0.15 && onset < end - 0.02).sort((a, b) => a[1] - b[1] || a[0] - b[0]);
    const way = [];
    for (const [time, x] of within) {
      const [last, before] = way.at(-1) ?? [begin - 1, place.left - 1];
      if (time > last && x > before) way.push([time, x]);
    }
    const first = Math.min(...notes.map(([, x]) => x), place.right);
    if (!way.length || way[0][0] > begin + 0.15) way.unshift([begin, Math.min(place.left + 300, way[0]?.[1] ?? first)]);
    way.push([Math.max(end, way.at(-1)[0] + 1e-3), place.right]);
    return way;
  }

  /* The pass that sounds at a time; before the first one the first. */
  passAt(time) {
    let [low, high] = [0, this.passes.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (this.passes[middle].begin <= time + 1e-6) low = middle;
      else high = middle - 1;
    }
    return this.passes[low];
  }

  xAt(pass, time) {
    const { way } = pass;
    const after = way.findIndex(([moment]) => moment > time);
    if (after === 0) return way[0][1];
    if (after < 0) return way.at(-1)[1];
    const [[t0, x0], [t1, x1]] = [way[after - 1], way[after]];
    return x0 + ((time - t0) / (t1 - t0)) * (x1 - x0);
  }

  /* Show the colours of the tracks, and which of them are heard. */
  refresh() {
    if (!this.systems.length) return;
    this.data.tracks.forEach((_, track) => {
      this.box.style.setProperty(`--track-${track}`, this.view.colour(track));
      const isHeard = this.player.playsRecording || this.player.isAudible(track);
      this.box.style.setProperty(`--heard-${track}`, isHeard ? "1" : "0.3");
    });
    for (const [note, heads] of this.heads) {
      const track = this.played.get(note)?.[0].track;
      for (const head of heads) {
        if (head.shownTrack === track && head.shownTrack !== undefined) continue;
        head.shownTrack = track;
        head.classList.toggle("is-absent", track === undefined);
        head.style.color = track >= 0 ? `var(--track-${track})` : track === undefined ? "" : this.data.noTrackColour;
        head.style.opacity = track >= 0 ? `var(--heard-${track})` : "";
      }
    }
    for (const group of this.groups) {
      const tracks = new Set(Array.from(group.querySelectorAll("[data-note]"), (head) => head.shownTrack));
      const [track] = tracks;
      group.style.color = tracks.size === 1 && track >= 0 ? `var(--track-${track})` : "var(--ink)";
    }
  }

  draw(position) {
    if (!this.systems.length || !this.passes.length) return;
    const pass = this.passAt(position);
    const place = this.bars.get(pass.bar);
    this.cursor.hidden = !place;
    if (place) {
      const { system } = place;
      const scale = system.place.clientWidth / system.box[2];
      const top = system.place.offsetTop + (system.staves[0] - system.box[1] - 200) * scale;
      this.cursor.style.height = `${(system.staves[1] - system.staves[0] + 400) * scale}px`;
      const x = system.place.offsetLeft + (this.xAt(pass, position) - system.box[0]) * scale;
      this.cursor.style.transform = `translate(${x.toFixed(1)}px, ${top.toFixed(1)}px)`;
      this.turnTo(system);
    }
    this.drawSounding(position);
    this.drawLoop();
  }

  /* Turn to a system when the cursor comes to it. */
  turnTo(system) {
    if (this.shownSystem === system || (this.player.isPlaying && !this.view.follows)) return;
    const isFirst = this.shownSystem === null;
    this.shownSystem = system;
    const isStill = isFirst || window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.box.scrollTo({ top: system.place.offsetTop, behavior: isStill ? "instant" : "smooth" });
  }

  drawSounding(position) {
    const now = new Set();
    for (const [engraved, notes] of this.played) {
      if (this.player.isPlaying && notes.some((note) => note.onset <= position && position < note.offset)) now.add(engraved);
    }
    const mark = (note, isOn) => this.heads.get(note)?.forEach((head) => head.classList.toggle("is-sounding", isOn));
    for (const note of this.sounding) if (!now.has(note)) mark(note, false);
    for (const note of now) if (!this.sounding.has(note)) mark(note, true);
    this.sounding = now;
  }

  /* The stretch of the loop in each system. */
  drawLoop() {
    const { begin, end, isOn } = this.player.loop;
    const key = `${begin} ${end} ${isOn}`;
    if (key === this.shownLoop) return;
    this.shownLoop = key;
    for (const old of this.box.querySelectorAll(".loop")) old.remove();
    const inLoop = end > begin ? this.passes.filter((pass) => pass.way.length && pass.begin < end - 0.02 && pass.end > begin + 0.02) : [];
    for (const system of this.systems) {
      const own = inLoop.filter((pass) => this.bars.get(pass.bar).system === system).sort((a, b) => a.bar - b.bar);
      let last = null;
      const stretches = [];
      for (const pass of own) {
        const { left, right } = this.bars.get(pass.bar);
        const edges = [pass.begin < begin - 0.02 ? this.xAt(pass, begin) : left, pass.end > end + 0.02 ? this.xAt(pass, end) : right];
        if (last !== null && pass.bar - last <= 1) stretches.push([Math.min(stretches.at(-1)[0], edges[0]), Math.max(stretches.pop()[1], edges[1])]);
        else stretches.push(edges);
        last = pass.bar;
      }
      for (const [left, right] of stretches) this.shade(system, left, right, isOn);
    }
  }

  shade({ box: [x, y, width, height], staves: [high, low], place }, left, right, isOn) {
    const percent = (value, whole) => `${((100 * value) / whole).toFixed(3)}%`;
    const style = `left:${percent(left - x, width)};width:${percent(right - left, width)};top:${percent(high - 200 - y, height)};height:${percent(low - high + 400, height)}`;
    place.prepend(make("div", { class: `loop${isOn ? "" : " is-off"}`, style }));
  }

  /* The bar under a pointer, and the note near to it. */
  at(event, reach = NOTE_REACH) {
    const system = this.systems.find(({ place }) => place.getBoundingClientRect().bottom > event.clientY) ?? this.systems.at(-1);
    const bounds = system.place.getBoundingClientRect();
    const scale = bounds.width / system.box[2];
    const [x, y] = [(event.clientX - bounds.left) / scale + system.box[0], (event.clientY - bounds.top) / scale + system.box[1]];
    const away = ([, noteX, noteY]) => Math.hypot(noteX - x, noteY - y) * scale;
    const near = system.notes.filter((note) => this.played.has(note[0]) && away(note) <= reach);
    const note = near.reduce((best, each) => (best && away(best) <= away(each) ? best : each), null)?.[0];
    const bar = (system.bars.find(([, , right]) => x < right) ?? system.bars.at(-1))?.[0];
    return { bar, note };
  }

  /* Of several times at which something is played, the one nearest to where the sound is. */
  nearest(times) {
    const position = this.player.position();
    const away = ({ begin, end }) => Math.max(begin - position, position - end, 0);
    return times.reduce((best, each) => (best && away(best) <= away(each) ? best : each), null);
  }

  connect() {
    const { box } = this;
    let begin = null;
    const stop = () => (begin = null);
    box.addEventListener("pointerdown", (event) => {
      if (event.button || !this.systems.length || event.offsetX > box.clientWidth) return;
      begin = { x: event.clientX, y: event.clientY, ...this.at(event, event.pointerType === "mouse" ? NOTE_REACH : TOUCH_REACH), drags: false };
    });
    box.addEventListener("pointermove", (event) => {
      if (!this.systems.length) return;
      if (!begin) return this.hover(event);
      if (!begin.drags && Math.hypot(event.clientX - begin.x, event.clientY - begin.y) < BAR_DRAG) return;
      if (!begin.drags) box.setPointerCapture(event.pointerId);
      begin.drags = true;
      begin.loop = this.loopOver(begin.bar, this.at(event).bar) ?? begin.loop;
      if (begin.loop) Object.assign(this.player.loop, begin.loop);
      this.page.refresh();
    });
    box.addEventListener("pointerup", () => {
      if (begin?.drags && begin.loop) this.loop(begin.loop);
      else if (begin && !begin.drags) this.goTo(begin);
      stop();
    });
    box.addEventListener("pointercancel", stop);
    box.addEventListener("pointerleave", () => {
      if (!begin) this.page.score.hover(undefined);
    });
    box.addEventListener("keydown", (event) => this.onKey(event));
  }

  hover(event) {
    const { note } = this.at(event);
    this.page.score.hover(note === undefined ? undefined : this.instance(note));
  }

  /* The time nearest to the sound at which an engraved note is played, as a note of the recording. */
  instance(note) {
    return this.nearest(this.played.get(note).map((own) => ({ begin: own.onset, end: own.offset, own })))?.own;
  }

  goTo({ bar, note }) {
    const pass = this.nearest(this.passes.filter((each) => each.bar === bar));
    const own = note === undefined ? null : this.instance(note);
    if (!own && !pass) return;
    this.page.seek(own ? own.onset : pass.begin);
    this.page.announce(own ? this.page.score.describe(own) : this.nameOf(bar));
  }

  nameOf(bar) {
    return `Bar ${this.data.staves.barNames[bar] || bar + 1}`;
  }

  /* The loop over two bars and all between them, in the passes nearest to the sound. */
  loopOver(one, other) {
    const [first, last] = [Math.min(one, other), Math.max(one, other)];
    const begin = this.nearest(this.passes.filter(({ bar }) => bar === first));
    const end = begin && this.passes.slice(this.passes.indexOf(begin)).find(({ bar }) => bar === last);
    return end ? { begin: begin.begin, end: end.end } : null;
  }

  loop({ begin, end }) {
    this.player.setLoop({ begin, end, isOn: true });
    this.page.seek(begin);
    this.page.announce(`Loop from ${timeText(begin)} to ${timeText(end)}`);
  }

  onKey(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step || !this.passes.length) return;
    event.preventDefault();
    event.stopPropagation();
    const here = this.passes.indexOf(this.passAt(this.player.position()));
    const pass = this.passes[Math.min(Math.max(here + step, 0), this.passes.length - 1)];
    this.page.seek(pass.begin);
    this.page.announce(this.nameOf(pass.bar));
  }
}

/* The content of a layout, which comes as compressed JSON. */
async function unpacked(content) {
  if (typeof content !== "string") return content;
  const stream = new Blob([bytesOf(content)]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text());
}
