"use strict";
/* Sound.  The recording and its tracks come in blocks of compressed sound, which are decoded when they are needed.
   All tracks of a block start at one time of one audio context, whose rate is that of the sound: they are in sync to
   the sample, and so is each block with the next one. */

const RECORDING = -1; // the recording among the numbers of the tracks
const FADE = 0.008; // seconds over which one piece of sound gives way to the next
const AHEAD = 0.4; // seconds that are scheduled in advance
const KEPT_SOUNDS = 4; // blocks that stay decoded
const KEPT_BLOCKS = 16; // blocks of a folder that stay loaded

const blocks = new Map(); // what each block holds, by its number
const awaited = new Map(); // who waits for a block that a script will bring

/* Called by the scripts of the blocks. */
function addBlock(number, content) {
  blocks.set(number, content);
  for (const give of awaited.get(number) ?? []) give(content);
  awaited.delete(number);
}

function bytesOf(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

/* Blocks, loaded and decoded. */
class Library {
  constructor(data) {
    this.data = data;
    this.count = Math.ceil(data.duration / data.block - 1e-9);
    this.decoder = new OfflineAudioContext(1, 1, data.rate);
    this.delay = this.measureDelay();
    this.sounds = new Map(); // promises of decoded blocks, the latest last
    this.ready = new Map(); // decoded blocks
    this.onFault = () => {}; // told why a block cannot be had
  }

  /* How many seconds the decoder is late: not every one takes away the delay of the encoder. */
  async measureDelay() {
    const probe = await this.decoder.decodeAudioData(bytesOf(this.data.probe.sound).buffer);
    const samples = probe.getChannelData(0).map(Math.abs);
    return (samples.indexOf(samples.reduce((a, b) => Math.max(a, b))) - this.data.probe.at) / this.data.rate;
  }

  /* What a block holds. */
  content(number) {
    if (blocks.has(number)) return Promise.resolve(blocks.get(number));
    return new Promise((give) => {
      awaited.set(number, [...(awaited.get(number) ?? []), give]);
      if (awaited.get(number).length > 1) return;
      const script = document.createElement("script");
      script.src = `${encodeURIComponent(this.data.folder)}/${number}.js`;
      script.onload = () => script.remove();
      script.onerror = () => this.onFault(`The folder ${this.data.folder} cannot be read; keep it beside this page.`);
      document.head.append(script);
      for (const old of [...blocks.keys()].slice(0, -KEPT_BLOCKS)) blocks.delete(old);
    });
  }

  /* The sounds of a block by track; a silent track has none. */
  decoded(number) {
    if (!this.sounds.has(number)) this.sounds.set(number, this.decode(number));
    for (const old of [...this.sounds.keys()].slice(0, -KEPT_SOUNDS)) {
      if (old === number) continue;
      this.sounds.delete(old);
      this.ready.delete(old);
    }
    return this.sounds.get(number);
  }

  async decode(number) {
    const { sounds } = await this.content(number);
    const decodeOne = async ([track, text]) => [Number(track), await this.decoder.decodeAudioData(bytesOf(text).buffer)];
    const found = new Map(await Promise.all(Object.entries(sounds).map(decodeOne)));
    await this.delay;
    if (this.sounds.has(number)) this.ready.set(number, found);
    return found;
  }
}

/* Plays the tracks in sync, with solo, mute, a loop and single notes. */
class Player {
  constructor(data, library) {
    this.data = data;
    this.library = library;
    this.context = null; // made at the first gesture
    this.isPlaying = false;
    this.hearsRecording = false;
    this.solo = new Set();
    this.mute = new Set();
    this.loop = { begin: 0, end: 0, isOn: false };
    this.alone = null; // the note that is played alone
    this.at = 0; // where the song stands while nothing plays
    this.pieces = []; // what is scheduled: song time, context time, length, sources
    this.onChange = () => {};
    library.delay.then((delay) => (this.delay = delay));
    library.decoded(0);
  }

  /* The position in the recording, in seconds. */
  position() {
    if (!this.isPlaying || !this.pieces.length) return this.at;
    const now = this.context.currentTime - (this.context.outputLatency || 0);
    const begun = this.pieces.filter((piece) => piece.time <= now);
    const piece = begun.at(-1) ?? this.pieces[0];
    return piece.song + Math.min(Math.max(now - piece.time, 0), piece.length);
  }

  isAudible(track) {
    return this.solo.size ? this.solo.has(track) : !this.mute.has(track);
  }

  play() {
    this.open();
    if (this.at >= this.data.duration - 0.01) this.at = 0;
    this.begin(this.at);
  }

  pause() {
    this.at = this.alone ? this.alone.onset : Math.min(this.position(), this.data.duration);
    this.stop();
  }

  toggle() {
    if (this.isPlaying) this.pause();
    else this.play();
  }

  seek(time) {
    const wasPlaying = this.isPlaying && !this.alone;
    this.stop();
    this.at = Math.min(Math.max(time, 0), this.data.duration);
    if (wasPlaying) this.begin(this.at);
    this.onChange();
  }

  /* Play a note's track from its onset to its end, through filters at the note's partials. */
  playAlone(note) {
    this.open();
    this.stop();
    const output = note.isOnlyOne ? this.analysers.get(note.track) : this.partialsFilter(note);
    this.alone = { ...note, end: Math.min(note.offset + 0.25, this.data.duration), output };
    this.begin(Math.max(note.onset - 0.02, 0));
  }

  setLoop(loop) {
    Object.assign(this.loop, loop);
    if (this.loop.end < this.loop.begin) [this.loop.begin, this.loop.end] = [this.loop.end, this.loop.begin];
    if (this.loop.end - this.loop.begin < 0.05) this.loop.isOn = false;
    if (this.isPlaying && !this.alone) this.seek(this.position());
    this.onChange();
  }

  /* Set who is heard. */
  mix() {
    if (this.context) {
      for (const [track, gain] of this.gains) {
        const isHeard = track === RECORDING ? this.hearsRecording : !this.hearsRecording && this.isAudible(track);
        gain.gain.setTargetAtTime(isHeard ? 1 : 0, this.context.currentTime, 0.01);
      }
    }
    this.onChange();
  }

  /* How loud a track is now: the root mean square of what is heard of it. */
  level(track) {
    if (!this.context) return 0;
    const samples = new Float32Array(2048);
    this.analysers.get(track).getFloatTimeDomainData(samples);
    return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
  }

  open() {
    if (!this.context) {
      this.context = new AudioContext({ sampleRate: this.data.rate, latencyHint: "playback" });
      this.gains = new Map();
      this.analysers = new Map();
      for (const track of [RECORDING, ...this.data.tracks.keys()]) {
        const [gain, analyser] = [this.context.createGain(), this.context.createAnalyser()];
        gain.gain.value = 0;
        gain.connect(analyser).connect(this.context.destination);
        this.gains.set(track, gain);
        this.analysers.set(track, analyser);
      }
      this.mix();
    }
    this.context.resume();
  }

  begin(song) {
    this.isPlaying = true;
    this.at = song;
    this.next = song; // where the song goes on
    this.horizon = this.onGrid(this.context.currentTime + 0.06); // and when
    this.timer = setInterval(() => this.schedule(), 50);
    this.schedule();
    this.onChange();
  }

  stop() {
    clearInterval(this.timer);
    const now = this.context?.currentTime ?? 0;
    for (const { fades, sources } of this.pieces) {
      for (const fade of fades) {
        fade.gain.cancelScheduledValues(now);
        fade.gain.setTargetAtTime(0, now, FADE / 3);
      }
      for (const source of sources) source.stop(now + 2 * FADE);
    }
    this.pieces = [];
    this.isPlaying = false;
    this.alone = null;
    this.onChange();
  }

  /* Schedule what is to be heard soon. */
  schedule() {
    const now = this.context.currentTime;
    while (this.isPlaying && this.horizon < now + AHEAD) {
      const end = this.alone ? this.alone.end : this.data.duration;
      if (this.next >= end - 1e-6) {
        if (now > this.horizon) this.finish();
        return;
      }
      const number = Math.min(Math.floor(this.next / this.data.block + 1e-9), this.library.count - 1);
      const sounds = this.library.ready.get(number);
      this.library.decoded(number);
      if (!sounds || this.delay === undefined) {
        this.horizon = Math.max(this.horizon, this.onGrid(now + 0.06)); // heard as soon as it is there
        return;
      }
      this.addPiece(number, sounds, end);
    }
    this.pieces = this.pieces.filter((piece) => piece.time + piece.length > now - 1);
  }

  addPiece(number, sounds, end) {
    const { loop } = this;
    const stops = [end, (number + 1) * this.data.block];
    if (loop.isOn && !this.alone && this.next < loop.end) stops.push(loop.end);
    const length = Math.min(...stops) - this.next;
    const piece = { song: this.next, time: this.horizon, length, sources: [], fades: [] };
    for (const [track, buffer] of sounds) {
      if (this.alone && track !== this.alone.track) continue;
      const output = this.alone ? this.alone.output : this.gains.get(track);
      this.addSource(piece, buffer, this.next - number * this.data.block + this.data.pad + this.delay, output);
    }
    this.pieces.push(piece);
    this.horizon = this.onGrid(this.horizon + length);
    this.next += length;
    if (loop.isOn && !this.alone && Math.abs(this.next - loop.end) < 1e-6) this.next = loop.begin;
    const following = Math.floor(this.next / this.data.block + 1e-9) + 1;
    if (following < this.library.count) this.library.decoded(following);
  }

  addSource(piece, buffer, offset, output) {
    const source = new AudioBufferSourceNode(this.context, { buffer });
    const fade = new GainNode(this.context, { gain: 0 });
    const end = piece.time + piece.length;
    fade.gain.setValueAtTime(0, piece.time);
    fade.gain.linearRampToValueAtTime(1, piece.time + FADE);
    fade.gain.setValueAtTime(1, Math.max(end, piece.time + FADE));
    fade.gain.linearRampToValueAtTime(0, Math.max(end, piece.time + FADE) + FADE);
    source.connect(fade).connect(output);
    source.start(piece.time, offset, piece.length + 2 * FADE);
    source.onended = () => fade.disconnect();
    piece.sources.push(source);
    piece.fades.push(fade);
  }

  finish() {
    const note = this.alone;
    this.stop();
    this.at = note ? note.onset : this.data.duration;
    this.onChange();
  }

  /* Band-pass filters, side by side, at the partials of a note. */
  partialsFilter(note) {
    const [input, output] = [this.context.createGain(), this.analysers.get(note.track)];
    for (let partial = 1; partial <= 24 && partial * note.frequency < 0.45 * this.data.rate; partial += 1) {
      const frequency = partial * note.frequency;
      const band = new BiquadFilterNode(this.context, { type: "bandpass", frequency, Q: Math.max(12, 2.5 * partial) });
      input.connect(band).connect(output);
    }
    return input;
  }

  /* The nearest time at which a sample falls. */
  onGrid(time) {
    return Math.round(time * this.context.sampleRate) / this.context.sampleRate;
  }
}
