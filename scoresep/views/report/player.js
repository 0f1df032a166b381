"use strict";
/* Plays the recording and its tracks. All tracks of a block start at one time of one audio context, whose rate is that
   of the sound: they are in sync to the sample, and so is each block with the next one. */

const RECORDING = -1; // the number of the recording among those of the tracks
const FADE = 0.008; // seconds of the fade between two pieces of sound
const AHEAD = 0.4; // seconds that are scheduled in advance
const START_DELAY = 0.06; // seconds from a click to the first sample

/* Plays the tracks in sync, with volumes, solo, mute, a tempo, a transposition, a loop, clicks and single notes. */
class Player {
  constructor(data, loader) {
    this.data = data;
    this.loader = loader;
    this.context = null; // made at the first click or key, as browsers want it
    this.isPlaying = false;
    this.playsRecording = false;
    this.solo = new Set();
    this.mute = new Set();
    this.volume = data.tracks.map(() => 1); // factors of the tracks
    this.tempo = 1; // 2 is twice as fast as the recording
    this.transposition = 0; // semitones
    this.metronome = new Metronome(data.beats ?? [], data.duration);
    this.loop = { begin: 0, end: 0, isOn: false };
    this.alone = null; // the note that is played alone
    this.pausedAt = 0; // the position in the recording while nothing plays (s)
    this.pieces = []; // what is scheduled: position and length in the recording, its tempo, sources, and when these start and are heard
    this.onChange = () => {};
    this.onError = () => {}; // called with a text if a browser cannot do something
    loader.delay.then((delay) => (this.delay = delay));
    loader.decoded(0);
  }

  /* The position in the recording, in seconds. */
  position() {
    if (!this.isPlaying || !this.pieces.length) return this.pausedAt;
    const now = this.context.currentTime - (this.context.outputLatency || 0);
    return this.positionAt(now, "heardAt");
  }

  /* The position of what starts, or is heard, at a time of the audio context. */
  positionAt(time, event = "time") {
    const piece = this.pieces.findLast((piece) => piece[event] <= time) ?? this.pieces[0];
    return piece.position + Math.min(Math.max(time - piece[event], 0) * piece.tempo, piece.length);
  }

  isAudible(track) {
    return this.solo.size ? this.solo.has(track) : !this.mute.has(track);
  }

  play() {
    this.open();
    if (this.pausedAt >= this.data.duration - 0.01) this.pausedAt = 0;
    this.countsIn = this.metronome.countsIn;
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
    const output = note.isOnlyOne ? this.mixer.analysers.get(note.track) : this.partialsFilter(note);
    this.alone = { ...note, end: Math.min(note.offset + 0.25, this.data.duration), output };
    this.begin(Math.max(note.onset - 0.02, 0));
  }

  setLoop(loop) {
    Object.assign(this.loop, loop);
    if (this.loop.end < this.loop.begin) [this.loop.begin, this.loop.end] = [this.loop.end, this.loop.begin];
    if (this.loop.end - this.loop.begin < 0.05) this.loop.isOn = false;
    const { begin, end, isOn } = this.loop;
    if (!this.alone && isOn && this.position() >= end - 0.01) this.seek(begin);
    else this.change({});
  }

  clearLoop() {
    this.setLoop({ begin: 0, end: 0, isOn: false });
  }

  /* Change the tempo or the transposition; what plays goes on without a gap. */
  change(settings) {
    Object.assign(this, settings);
    if (this.isPlaying && !this.alone) {
      const time = this.onSample(this.context.currentTime + START_DELAY);
      const latency = this.mixer.latency;
      this.mixer.setPitch(this.pitchFactor, time);
      if (this.pieces.length) this.nextPosition = this.inLoop(this.positionAt(time - (this.mixer.isStretched ? 0 : latency)));
      this.nextTime = time;
      this.stopPieces(time);
      for (const piece of this.pieces) {
        piece.length = Math.min(piece.length, (time - piece.time) * piece.tempo);
        piece.endsAt = Math.min(piece.endsAt, time + latency);
      }
      this.schedule();
    }
    this.onChange();
  }

  /* A position that may have come past the end of the loop while it was computed. */
  inLoop(position) {
    const { begin, end, isOn } = this.loop;
    return isOn && position >= end && this.position() < end ? begin : position;
  }

  /* What the frequencies are multiplied by after the sound is played at its tempo. */
  get pitchFactor() {
    return 2 ** (this.transposition / 12) / this.tempo;
  }

  /* The factor of a track that is heard, 0 for one that is not. */
  gainOf(track) {
    if (track === RECORDING) return Number(this.playsRecording);
    return !this.playsRecording && this.isAudible(track) ? this.volume[track] : 0;
  }

  /* Turn tracks on and off as volumes, solo, mute and the recording ask for. */
  updateGains() {
    if (this.context) {
      for (const [track, gain] of this.mixer.gains) gain.gain.setTargetAtTime(this.gainOf(track), this.context.currentTime, 0.01);
      this.mixer.clicks.gain.setTargetAtTime(Number(this.metronome.isOn), this.context.currentTime, 0.01);
    }
    this.onChange();
  }

  /* How loud a track is now: the root mean square of its last samples. */
  level(track) {
    if (!this.context) return 0;
    const samples = new Float32Array(2048);
    this.mixer.analysers.get(track).getFloatTimeDomainData(samples);
    return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
  }

  open() {
    if (!this.context) {
      this.context = new AudioContext({ sampleRate: this.data.sampleRate, latencyHint: "playback" });
      this.mixer = new Mixer(this.context, [RECORDING, ...this.data.tracks.keys()]);
      this.mixer.onError = (text) => {
        this.change({ tempo: 1, transposition: 0 });
        this.onError(text);
      };
      this.updateGains();
    }
    this.context.resume();
  }

  begin(position) {
    this.isPlaying = true;
    this.pausedAt = position;
    this.nextPosition = position; // the position of the next piece
    this.nextTime = this.onSample(this.context.currentTime + START_DELAY); // the time of the audio context at which it begins
    this.mixer.setPitch(this.pitchFactor, this.nextTime);
    this.timer = setInterval(() => this.schedule(), 50);
    this.schedule();
    this.onChange();
  }

  stop() {
    clearInterval(this.timer);
    if (this.context) {
      this.stopPieces(this.context.currentTime);
      this.mixer.close(this.context.currentTime);
    }
    this.pieces = [];
    this.countsIn = false;
    this.isPlaying = false;
    this.alone = null;
    this.onChange();
  }

  /* Stop all sources at a time and forget those that have not begun. */
  stopPieces(time) {
    for (const { fades, sources } of this.pieces) {
      for (const fade of fades) {
        fade.gain.cancelScheduledValues(time);
        fade.gain.setTargetAtTime(0, time, FADE / 3);
      }
      for (const source of sources) source.stop(time + 2 * FADE);
    }
    this.pieces = this.pieces.filter((piece) => piece.time < time);
  }

  /* Schedule what begins within the next moment. */
  schedule() {
    const now = this.context.currentTime;
    while (this.isPlaying && this.nextTime < now + AHEAD) {
      const end = this.alone ? this.alone.end : this.data.duration;
      if (this.nextPosition >= end - 1e-6) {
        if (now > this.nextTime + this.mixer.latency) this.finish();
        return;
      }
      const number = Math.min(Math.floor(this.nextPosition / this.data.blockLength + 1e-9), this.loader.count - 1);
      const sounds = this.loader.ready.get(number);
      this.loader.decoded(number);
      if (!sounds || this.delay === undefined || !this.mixer.isReady) {
        this.nextTime = Math.max(this.nextTime, this.onSample(now + START_DELAY)); // late, as soon as all is there
        return;
      }
      if (this.countsIn) this.addCountIn();
      else this.addPiece(number, sounds, end);
    }
    this.pieces = this.pieces.filter((piece) => piece.endsAt > now - 1);
  }

  addPiece(number, sounds, end) {
    const { loop } = this;
    const stops = [end, (number + 1) * this.data.blockLength];
    if (loop.isOn && !this.alone && this.nextPosition < loop.end) stops.push(loop.end);
    const length = Math.min(...stops) - this.nextPosition;
    const piece = this.newPiece(length);
    for (const [track, buffer] of sounds) {
      if (this.alone && track !== this.alone.track) continue;
      const output = this.alone ? this.alone.output : this.mixer.gains.get(track);
      this.addSource(piece, buffer, this.nextPosition - number * this.data.blockLength + this.data.margin + this.delay, output);
    }
    if (!this.alone) piece.sources.push(...this.metronome.clicks(piece, this.mixer.clicks));
    this.mixer.open(piece.heardAt);
    this.nextTime = this.onSample(this.nextTime + length / this.tempo);
    this.nextPosition += length;
    if (loop.isOn && !this.alone && Math.abs(this.nextPosition - loop.end) < 1e-6) this.nextPosition = loop.begin;
    const following = Math.floor(this.nextPosition / this.data.blockLength + 1e-9) + 1;
    if (following < this.loader.count) this.loader.decoded(following);
  }

  /* A piece that begins next, without sources. */
  newPiece(length) {
    const heardAt = this.nextTime + this.mixer.latency;
    const endsAt = heardAt + length / this.tempo;
    const piece = { position: this.nextPosition, time: this.nextTime, heardAt, endsAt, tempo: this.tempo, length, sources: [], fades: [] };
    this.pieces.push(piece);
    return piece;
  }

  /* Schedule the clicks before the sound, which begins after them. */
  addCountIn() {
    this.countsIn = false;
    const piece = this.newPiece(0);
    piece.sources.push(...this.metronome.countIn(piece, this.mixer.countIn));
    this.nextTime = this.onSample(this.nextTime + this.metronome.countInLength(piece));
    piece.endsAt = this.nextTime;
  }

  addSource(piece, buffer, offset, output) {
    const source = new AudioBufferSourceNode(this.context, { buffer, playbackRate: this.tempo });
    const fade = new GainNode(this.context, { gain: 0 });
    const end = piece.time + piece.length / this.tempo;
    fade.gain.setValueAtTime(0, piece.time);
    fade.gain.linearRampToValueAtTime(1, piece.time + FADE);
    fade.gain.setValueAtTime(1, Math.max(end, piece.time + FADE));
    fade.gain.linearRampToValueAtTime(0, Math.max(end, piece.time + FADE) + FADE);
    source.connect(fade).connect(output);
    source.start(piece.time, offset, piece.length + 2 * FADE * this.tempo);
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
    const [input, output] = [this.context.createGain(), this.mixer.analysers.get(note.track)];
    if (note.frequency === 0) input.connect(output); // a drum has no partials
    const fundamental = note.frequency * this.tempo; // the sound is played at the tempo before its pitch is restored
    for (let partial = 1; fundamental > 0 && partial <= 24 && partial * fundamental < 0.45 * this.data.sampleRate; partial += 1) {
      const frequency = partial * fundamental;
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
