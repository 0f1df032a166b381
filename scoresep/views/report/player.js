"use strict";
/* Plays the recording and its tracks. All tracks of a block start at one time of one audio context, whose rate is that
   of the sound: they are in sync to the sample, and so is each block with the next one. */

const RECORDING = -1; // the number of the recording among those of the tracks
const FADE = 0.008; // seconds of the fade between two pieces of sound
const AHEAD = 0.4; // seconds that are scheduled in advance
const START_DELAY = 0.06; // seconds from a click to the first sample

/* Plays the tracks in sync, with solo, mute, a loop and single notes. */
class Player {
  constructor(data, loader) {
    this.data = data;
    this.loader = loader;
    this.context = null; // made at the first click or key, as browsers want it
    this.isPlaying = false;
    this.playsRecording = false;
    this.solo = new Set();
    this.mute = new Set();
    this.loop = { begin: 0, end: 0, isOn: false };
    this.alone = null; // the note that is played alone
    this.pausedAt = 0; // the position in the recording while nothing plays (s)
    this.pieces = []; // what is scheduled: position in the recording, time of the audio context, length, sources
    this.onChange = () => {};
    loader.delay.then((delay) => (this.delay = delay));
    loader.decoded(0);
  }

  /* The position in the recording, in seconds. */
  position() {
    if (!this.isPlaying || !this.pieces.length) return this.pausedAt;
    const now = this.context.currentTime - (this.context.outputLatency || 0);
    const begun = this.pieces.filter((piece) => piece.time <= now);
    const piece = begun.at(-1) ?? this.pieces[0];
    return piece.position + Math.min(Math.max(now - piece.time, 0), piece.length);
  }

  isAudible(track) {
    return this.solo.size ? this.solo.has(track) : !this.mute.has(track);
  }

  play() {
    this.open();
    if (this.pausedAt >= this.data.duration - 0.01) this.pausedAt = 0;
    this.begin(this.pausedAt);
  }

  pause() {
    this.pausedAt = this.alone ? this.alone.onset : Math.min(this.position(), this.data.duration);
    this.stop();
  }

  toggle() {
    if (this.isPlaying) this.pause();
    else this.play();
  }

  seek(time) {
    const wasPlaying = this.isPlaying && !this.alone;
    this.stop();
    this.pausedAt = Math.min(Math.max(time, 0), this.data.duration);
    if (wasPlaying) this.begin(this.pausedAt);
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
    const { begin, end, isOn } = this.loop;
    if (!this.alone && isOn && this.position() >= end - 0.01) this.seek(begin);
    else if (this.isPlaying && !this.alone) this.seek(this.position());
    this.onChange();
  }

  clearLoop() {
    this.setLoop({ begin: 0, end: 0, isOn: false });
  }

  /* Turn tracks on and off as solo, mute and the recording ask for. */
  updateGains() {
    if (this.context) {
      for (const [track, gain] of this.gains) {
        const isOn = track === RECORDING ? this.playsRecording : !this.playsRecording && this.isAudible(track);
        gain.gain.setTargetAtTime(isOn ? 1 : 0, this.context.currentTime, 0.01);
      }
    }
    this.onChange();
  }

  /* How loud a track is now: the root mean square of its last samples. */
  level(track) {
    if (!this.context) return 0;
    const samples = new Float32Array(2048);
    this.analysers.get(track).getFloatTimeDomainData(samples);
    return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
  }

  open() {
    if (!this.context) {
      this.context = new AudioContext({ sampleRate: this.data.sampleRate, latencyHint: "playback" });
      this.gains = new Map();
      this.analysers = new Map();
      for (const track of [RECORDING, ...this.data.tracks.keys()]) {
        const [gain, analyser] = [this.context.createGain(), this.context.createAnalyser()];
        gain.gain.value = 0;
        gain.connect(analyser).connect(this.context.destination);
        this.gains.set(track, gain);
        this.analysers.set(track, analyser);
      }
      this.updateGains();
    }
    this.context.resume();
  }

  begin(position) {
    this.isPlaying = true;
    this.pausedAt = position;
    this.nextPosition = position; // the position of the next piece
    this.nextTime = this.onSample(this.context.currentTime + START_DELAY); // the time of the audio context at which it begins
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

  /* Schedule what begins within the next moment. */
  schedule() {
    const now = this.context.currentTime;
    while (this.isPlaying && this.nextTime < now + AHEAD) {
      const end = this.alone ? this.alone.end : this.data.duration;
      if (this.nextPosition >= end - 1e-6) {
        if (now > this.nextTime) this.finish();
        return;
      }
      const number = Math.min(Math.floor(this.nextPosition / this.data.blockLength + 1e-9), this.loader.count - 1);
      const sounds = this.loader.ready.get(number);
      this.loader.decoded(number);
      if (!sounds || this.delay === undefined) {
        this.nextTime = Math.max(this.nextTime, this.onSample(now + START_DELAY)); // late, as soon as it is decoded
        return;
      }
      this.addPiece(number, sounds, end);
    }
    this.pieces = this.pieces.filter((piece) => piece.time + piece.length > now - 1);
  }

  addPiece(number, sounds, end) {
    const { loop } = this;
    const stops = [end, (number + 1) * this.data.blockLength];
    if (loop.isOn && !this.alone && this.nextPosition < loop.end) stops.push(loop.end);
    const length = Math.min(...stops) - this.nextPosition;
    const piece = { position: this.nextPosition, time: this.nextTime, length, sources: [], fades: [] };
    for (const [track, buffer] of sounds) {
      if (this.alone && track !== this.alone.track) continue;
      const output = this.alone ? this.alone.output : this.gains.get(track);
      this.addSource(piece, buffer, this.nextPosition - number * this.data.blockLength + this.data.margin + this.delay, output);
    }
    this.pieces.push(piece);
    this.nextTime = this.onSample(this.nextTime + length);
    this.nextPosition += length;
    if (loop.isOn && !this.alone && Math.abs(this.nextPosition - loop.end) < 1e-6) this.nextPosition = loop.begin;
    const following = Math.floor(this.nextPosition / this.data.blockLength + 1e-9) + 1;
    if (following < this.loader.count) this.loader.decoded(following);
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
    this.pausedAt = note ? note.onset : this.data.duration;
    this.onChange();
  }

  /* Band-pass filters, side by side, at the partials of a note. */
  partialsFilter(note) {
    const [input, output] = [this.context.createGain(), this.analysers.get(note.track)];
    if (note.frequency === 0) input.connect(output); // a drum has no partials
    for (let partial = 1; note.frequency > 0 && partial <= 24 && partial * note.frequency < 0.45 * this.data.sampleRate; partial += 1) {
      const frequency = partial * note.frequency;
      const band = new BiquadFilterNode(this.context, { type: "bandpass", frequency, Q: Math.max(12, 2.5 * partial) });
      input.connect(band).connect(output);
    }
    return input;
  }

  /* The nearest time at which a sample falls. */
  onSample(time) {
    return Math.round(time * this.context.sampleRate) / this.context.sampleRate;
  }
}
