"use strict";
/* Corrections in the piano roll: notes are moved, given to other groups, or marked as not played. */

const NUDGE = 0.01; // seconds by which a button moves notes
const LASSO_REACH = 4; // pixels to the right of a note's onset that a lasso must enclose
const CORRECTED = ["onset", "offset", "confidence", "groups", "track", "isWrong"]; // what a correction may change of a note
const HOW_TO = "click notes or draw around them to select them, drag them to move them";

/* Whether a place lies inside of a closed line. */
function isEnclosed(line, [x, y]) {
  const crossings = line.filter(([x1, y1], k) => {
    const [x2, y2] = line.at(k - 1);
    return y1 > y !== y2 > y && x < x1 + ((y - y1) * (x2 - x1)) / (y2 - y1);
  });
  return crossings.length % 2 === 1;
}

class Corrections {
  constructor(page) {
    Object.assign(this, { page, view: page.view, data: page.data, table: page.data.corrections });
    this.isOn = false;
    this.selected = new Set();
    this.steps = []; // what notes were before each correction, for undo
    this.drag = null; // the pointer that moves notes or draws a lasso
    if (!this.table) return;
    this.data.notes.forEach((note, k) => {
      Object.assign(note, { groups: this.table.members[k], isWrong: false, stem: note.track });
      note.original = this.stateOf(note);
    });
    this.caption = byId("roll-caption").lastElementChild.textContent;
    byId("correct").hidden = false;
    byId("corrected-command").textContent = this.table.command;
    byId("new-group").append(...this.table.groups.map(({ name }, k) => make("option", { value: String(k) }, name)));
    byId("new-group").append(make("option", { value: "" }, "no group"));
    this.view.drawOver = (context) => this.draw(context);
    this.connectButtons();
    this.connectPointer();
    document.addEventListener("keydown", (event) => this.onKey(event), { capture: true });
    window.addEventListener("beforeunload", (event) => {
      if (this.steps.length && !this.isSaved) event.preventDefault();
    });
    this.refresh();
  }

  connectButtons() {
    const actions = {
      correct: () => this.toggle(),
      earlier: () => this.move(-NUDGE),
      later: () => this.move(NUDGE),
      "move-here": () => this.moveTo(this.page.player.position()),
      wrong: () => this.markWrong(),
      undo: () => this.undo(),
      "save-notes": () => this.save("notes.csv", notesTable),
      "save-groups": () => this.save("groups.yaml", groupsFile),
    };
    for (const [id, action] of Object.entries(actions)) byId(id).addEventListener("click", action);
    byId("new-group").addEventListener("change", ({ target }) => {
      this.regroup(target.value === "" ? [] : [Number(target.value)]);
      target.value = "choose";
    });
  }

  toggle() {
    this.isOn = !this.isOn;
    this.selected.clear();
    this.refresh();
    byId("roll").scrollIntoView({ block: "nearest" });
    this.page.announce(`Corrections ${this.isOn ? `on. ${HOW_TO}` : "off"}`);
  }

  /* In front of the listeners that play notes and move the view. */
  connectPointer() {
    const listen = (type, listener) =>
      byId("roll").addEventListener(type, (event) => {
        if (!this.isOn || (type !== "pointerdown" && !this.drag)) return;
        event.stopImmediatePropagation();
        listener(event);
        this.view.requestDraw();
      }, { capture: true });
    listen("pointerdown", (event) => this.onDown(event));
    listen("pointermove", (event) => this.onMove(event));
    listen("pointerup", () => this.onUp());
    listen("pointercancel", () => this.onCancel());
  }

  onDown(event) {
    const { view } = this;
    const [time, y] = [view.timeAt(event.offsetX), event.offsetY];
    const isMouse = event.pointerType === "mouse";
    const note = view.noteAt(event.offsetX, y, isMouse ? 1 : TOUCH_REACH);
    const holdsNote = note && (isMouse || this.selected.has(note)); // a finger hits some note nearly everywhere
    byId("roll").setPointerCapture(event.pointerId);
    this.drag = { note, holdsNote, time, x: event.offsetX, y, line: [[time, y]], hasMoved: false };
  }

  onMove(event) {
    const { drag, view } = this;
    if (!drag.hasMoved && Math.hypot(event.offsetX - drag.x, event.offsetY - drag.y) < CLICK_REACH) return;
    const time = view.timeAt(event.offsetX);
    if (!drag.holdsNote) drag.line.push([time, event.offsetY]);
    else {
      if (drag.hasMoved) this.restore(this.steps.pop());
      else if (!this.selected.has(drag.note)) this.selected = new Set([drag.note]);
      this.move(time - drag.time);
    }
    drag.hasMoved = true;
  }

  onUp() {
    const { note, hasMoved, holdsNote, line } = this.drag;
    this.drag = null;
    if (!hasMoved && note) this.toggleNote(note);
    else if (!hasMoved) this.selected.clear();
    else if (!holdsNote) this.selectInside(line);
    this.refresh();
  }

  onCancel() {
    if (this.drag.holdsNote && this.drag.hasMoved) this.undo();
    this.drag = null;
  }

  selectInside(line) {
    const { view } = this;
    const pixels = line.map(([time, y]) => [view.x(time), y]);
    this.select((note) => isEnclosed(pixels, [view.x(note.onset) + LASSO_REACH, view.noteTop(note.pitch) + view.noteHeight / 2]));
  }

  /* Add the notes that fulfil a condition to those selected. */
  select(isMeant) {
    for (const note of this.data.notes.filter(isMeant)) this.selected.add(note);
    this.refresh();
    this.page.announce(`${this.selected.size} notes selected`);
  }

  selectLoop() {
    const { begin, end } = this.page.player.loop;
    this.select((note) => end <= begin || (begin <= note.onset && note.onset < end));
  }

  onKey(event) {
    if (event.target.matches?.("input, select, textarea, summary")) return;
    const key = event.key.toLowerCase();
    const isPlain = !(event.ctrlKey || event.metaKey || event.altKey);
    const actions = isPlain ? { c: () => this.toggle() } : {};
    if (this.isOn && isPlain) {
      actions.delete = actions.backspace = () => this.markWrong();
      if (this.selected.size) actions.escape = () => this.selected.clear();
      if (event.shiftKey) actions.s = () => this.selectLoop();
      else if (this.view.focus) actions.s = () => this.toggleNote(this.view.focus);
    } else if (this.isOn && !event.altKey) actions.z = () => this.undo();
    if (!actions[key]) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    actions[key]();
    this.refresh();
  }

  toggleNote(note) {
    if (!this.selected.delete(note)) this.selected.add(note);
    this.page.announce(`${note.name} ${this.selected.has(note) ? "" : "not "}selected, ${this.selected.size} in all`);
  }

  stateOf(note) {
    return Object.fromEntries(CORRECTED.map((name) => [name, note[name]]));
  }

  /* Change the selected notes by what a function returns for each of them. */
  change(correct) {
    if (!this.selected.size) return this.page.announce("No notes are selected");
    this.steps.push(new Map([...this.selected].map((note) => [note, this.stateOf(note)])));
    for (const note of this.selected) {
      Object.assign(note, correct(note));
      note.track = note.isWrong ? this.table.unassigned : this.trackOf(note);
    }
    this.isSaved = false;
    this.refresh();
  }

  trackOf({ groups, original }) {
    if (groups === original.groups) return original.track;
    return groups.length ? this.table.groups[groups[0]].track : this.table.unassigned;
  }

  /* Move the selected notes by some seconds, but not out of the recording. */
  move(seconds) {
    const onsets = [...this.selected].map((note) => note.onset);
    const [first, last] = [Math.min(...onsets), Math.max(...onsets)];
    const shift = Math.max(Math.min(seconds, this.data.duration - NUDGE - last), -first);
    this.change(({ onset, offset }) => ({ onset: onset + shift, offset: offset + shift, confidence: 1 }));
  }

  moveTo(time) {
    this.move(time - Math.min(...[...this.selected].map((note) => note.onset)));
  }

  regroup(groups) {
    const isAsBefore = ({ original }) => String(original.groups) === String(groups);
    this.change((note) => ({ groups: isAsBefore(note) ? note.original.groups : groups, isWrong: false }));
  }

  markWrong() {
    const areWrong = [...this.selected].every((note) => note.isWrong);
    this.change(() => ({ isWrong: !areWrong }));
  }

  undo() {
    if (this.steps.length) this.restore(this.steps.pop());
    this.refresh();
  }

  restore(step) {
    for (const [note, state] of step) Object.assign(note, state);
  }

  refresh() {
    const { notes } = this.data;
    byId("correct").setAttribute("aria-pressed", String(this.isOn));
    byId("corrections").hidden = !this.isOn;
    byId("roll").classList.toggle("is-corrected", this.isOn);
    for (const id of ["earlier", "later", "move-here", "new-group", "wrong"]) byId(id).disabled = !this.selected.size;
    byId("undo").disabled = !this.steps.length;
    const counts = [
      [this.selected.size, "selected"],
      [notes.filter((note) => note.onset !== note.original.onset).length, "moved"],
      [notes.filter((note) => note.groups !== note.original.groups).length, "in another group"],
      [notes.filter((note) => note.isWrong).length, "not played"],
    ];
    const text = counts.filter(([count]) => count).map(([count, what]) => `${count} ${what}`).join(" · ");
    byId("corrected").textContent = text || "Nothing is corrected yet";
    byId("roll-caption").lastElementChild.textContent = this.isOn ? HOW_TO : this.caption;
    this.view.requestDraw();
  }

  /* Frames around selected notes, lines through those not played, and the lasso. */
  draw(context) {
    const { view } = this;
    context.strokeStyle = view.theme.ink;
    for (const note of this.data.notes) {
      if ((!note.isWrong && !this.selected.has(note)) || note.offset < view.left || note.onset > view.right) continue;
      const [x, end, y] = [view.x(note.onset), view.x(note.offset), view.noteTop(note.pitch)];
      context.lineWidth = 2;
      if (this.selected.has(note)) context.strokeRect(x - 1.5, y - 1.5, Math.max(end - x, 3) + 2, view.noteHeight + 2);
      context.beginPath();
      if (note.isWrong) context.moveTo(x - 3, y + view.noteHeight / 2);
      if (note.isWrong) context.lineTo(Math.max(end, x + 3) + 3, y + view.noteHeight / 2);
      context.stroke();
    }
    if (!this.drag || this.drag.holdsNote) return;
    context.beginPath();
    for (const [time, y] of this.drag.line) context.lineTo(view.x(time), y);
    context.closePath();
    context.fillStyle = context.strokeStyle = view.theme.accent;
    context.lineWidth = 1.5;
    context.stroke();
    context.globalAlpha = 0.12;
    context.fill();
    context.globalAlpha = 1;
  }

  save(name, textOf) {
    saveText(name, textOf(this.table, this.data.notes));
    this.isSaved = true;
    this.page.announce(`${name} downloaded`);
  }
}
