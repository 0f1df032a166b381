"use strict";
/* Pointers and keys on the score and on the pictures below it. */

const ZOOM_STEP = 1.4; // how much a click or key enlarges
const CLICK_REACH = 6; // pixels that a pointer may move in a click
const TOUCH_REACH = 20; // pixels from a finger to a note that it means
const NARROWEST = 4; // pixels a second at least
const WIDEST = 800; // pixels a second at most

/* A click on a note plays it alone, on any other place it seeks; dragging or scrolling sideways moves the view. */
class ScoreControls {
  constructor(page) {
    Object.assign(this, { page, data: page.data, player: page.player, view: page.view });
    for (const id of ["roll", "spectrogram", "alignment"]) this.connectPanning(byId(id), id === "roll");
    const roll = byId("roll");
    roll.addEventListener("pointermove", (event) => this.hover(this.view.noteAt(event.offsetX, event.offsetY)));
    roll.addEventListener("pointerleave", (event) => {
      if (event.pointerType === "mouse") this.hover(undefined); // the name of a note that was tapped stays
    });
    roll.addEventListener("keydown", (event) => this.onScoreKey(event));
  }

  zoom(factor, anchor = (this.view.left + this.view.right) / 2) {
    const { view } = this;
    const scale = Math.min(Math.max(view.scale * factor, NARROWEST), WIDEST);
    view.left = anchor - ((anchor - view.left) * view.scale) / scale;
    view.scale = scale;
    view.requestDraw();
  }

  connectPanning(box, hasNotes) {
    const { view } = this;
    let begin = null;
    box.addEventListener("pointerdown", (event) => {
      begin = { x: event.clientX, left: view.left, moved: false };
      box.setPointerCapture(event.pointerId);
    });
    box.addEventListener("pointermove", (event) => {
      if (!begin || (!begin.moved && Math.abs(event.clientX - begin.x) < CLICK_REACH)) return;
      begin.moved = true;
      this.lookAt(begin.left - (event.clientX - begin.x) / view.scale);
    });
    box.addEventListener("pointerup", (event) => {
      const reach = event.pointerType === "mouse" ? 1 : TOUCH_REACH;
      const note = hasNotes ? view.noteAt(event.offsetX, event.offsetY, reach) : undefined;
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
    this.page.refresh();
  }

  hover(note) {
    this.view.focus = note ?? null;
    byId("hover").textContent = note ? this.describe(note) : "";
    byId("roll").style.cursor = note ? "pointer" : "";
    this.view.requestDraw();
  }

  describe(note) {
    if (this.data.compares) return this.describeVersion(note);
    const track = this.data.tracks[note.track]?.name ?? "";
    const parts = [note.name, track, barText(note), timeText(note.onset, 2), `confidence ${note.confidence.toFixed(2)}`];
    return parts.filter(Boolean).join(" · ");
  }

  describeVersion(note) {
    const version = this.data.tracks[note.track]?.name ?? "the same in all";
    return [note.name, timeText(note.onset, 2), version, note.remark].filter(Boolean).join(" · ");
  }

  playAlone(note) {
    this.view.focus = note;
    this.player.playAlone({ ...note, track: note.stem ?? note.track });
    this.view.show(note.onset);
    byId("hover").textContent = this.describe(note);
    this.page.announce(this.describe(note));
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
    this.page.announce(this.describe(note));
  }
}
