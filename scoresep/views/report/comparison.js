"use strict";
/* Pages that compare versions of one recording: one is heard at a time, and a switch goes between two at one place. */

const LEAST_DIFFERENCE = 10; // levels of 255 (3 dB) by which a version is louder than the other before it is coloured
const FULL_DIFFERENCE = 40; // levels of 255 (12 dB) from which on it has its full colour

/* Plays one version; ``pair`` has the two between which the switch goes. */
class ComparisonPlayer extends Player {
  constructor(data, loader) {
    super(data, loader);
    this.solo.add(1);
    this.pair = [0, 1];
  }

  get chosen() {
    return this.solo.values().next().value;
  }

  choose(track) {
    if (!this.pair.includes(track)) this.pair = [this.chosen, track].sort((a, b) => a - b);
    this.solo.clear();
    this.solo.add(track);
    this.updateGains();
  }

  /* Notes without a track are in all versions. */
  isAudible(track) {
    return track < 0 || track === this.chosen;
  }

  playAlone(note) {
    super.playAlone(note.track < 0 ? { ...note, track: this.chosen } : note);
  }
}

/* The spectrogram of one version, in its colour where it is louder than another one. */
class VersionPictures extends SpectrogramPictures {
  constructor(loader, onReady, track, other) {
    super(loader, onReady);
    Object.assign(this, { track, other });
  }

  async planesOf(number) {
    const { levels } = await this.loader.content(number);
    const [own, other] = await Promise.all([this.track, this.other].map((track) => this.decode(levels[track])));
    const share = own.grey.map((level, at) =>
      255 * Math.min(Math.max((level - other.grey[at] - LEAST_DIFFERENCE) / (FULL_DIFFERENCE - LEAST_DIFFERENCE), 0), 1));
    const nothing = { grey: new Uint8Array(share.length) };
    return [own, ...levels.map((_, track) => (track === this.track ? { grey: share } : nothing))];
  }
}

/* Draws the spectrograms of two versions, one below the other. */
class ComparisonView extends View {
  constructor(data, player, loader) {
    super(data, player, loader);
    this.loader = loader;
    const first = byId("spectrogram").parentElement;
    const second = first.cloneNode(true);
    second.querySelector(".canvas").id = "second-spectrogram";
    first.after(second);
    this.canvases = [this.spectrogram, new Canvas(byId("second-spectrogram"))];
    byId("alignment").parentElement.hidden = true;
  }

  drawSpectrogram(position) {
    const { pair } = this.player;
    if (this.shownPair !== pair) {
      this.shownPair = pair;
      this.versions = [pair, [...pair].reverse()].map((two) => new VersionPictures(this.loader, () => this.requestDraw(), ...two));
      this.canvases.forEach(({ box }, k) => this.writeCaption(box, ...(k ? [...pair].reverse() : pair)));
    }
    this.canvases.forEach((canvas, k) => {
      [this.spectrogram, this.pictures] = [canvas, this.versions[k]];
      super.drawSpectrogram(position);
    });
  }

  writeCaption(box, track, other) {
    const [own, second] = [track, other].map((k) => this.data.tracks[k].name);
    const text = `in colour where it is louder than “${second}”`;
    box.previousElementSibling.replaceChildren(`Spectrogram of “${own}” `, make("span", {}, text));
    box.setAttribute("aria-label", `Spectrogram of “${own}”, ${text}`);
  }

  drawAlignment() {}

  /* Notes of versions other than the two are not shown. */
  drawNote(context, note, ...place) {
    if (note.track < 0 || this.player.pair.includes(note.track)) super.drawNote(context, note, ...place);
  }

  /* The note that is heard, where notes of both versions are at one place. */
  noteAt(x, y, reach = 1) {
    const heard = this.data.notes.filter((note) => this.player.isAudible(note.track));
    const others = this.data.notes.filter((note) => this.player.pair.includes(note.track));
    return super.noteAt(x, y, reach, heard) ?? super.noteAt(x, y, reach, others);
  }
}

/* The controls: a button for each version, and the switch between two of them. */
class ComparisonPage extends Page {
  constructor(data) {
    super(data);
    this.score.connectPanning(byId("second-spectrogram"), false);
    byId("mask-strength").labels[0].firstChild.textContent = "Differences ";
    byId("outline").setAttribute("aria-label", "Position in the sound");
    byId("hint").textContent = "A note that is played alone is the version that is heard, from the note’s onset to its end, through"
      + " filters at the note’s partials: other notes that share these may be heard with it. The sound in this page is compressed.";
  }

  playRecording(isSecond) {
    this.choose(this.player.pair[Number(isSecond)]);
  }

  switchSound() {
    this.playRecording(this.player.chosen === this.player.pair[0]);
  }

  toggle(_, track) {
    this.choose(track);
  }

  onDigit(digit) {
    if (digit > 0 && digit <= this.data.tracks.length) this.choose(digit - 1);
  }

  choose(track) {
    this.player.choose(track);
    this.announce(this.data.tracks[track].name);
  }

  refresh() {
    super.refresh();
    const { pair, chosen } = this.player;
    [byId("play-stems"), byId("play-recording")].forEach((button, k) => {
      const { name } = this.data.tracks[pair[k]];
      if (button.textContent !== name) button.textContent = name;
      button.title = `Hear “${name}” (A switches)`;
      button.setAttribute("aria-pressed", String(pair[k] === chosen));
    });
  }
}
