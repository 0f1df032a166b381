"use strict";
/* Where the tracks come together: a gain and an analyser for each, then all of them plain or through the stretcher. */

class Mixer {
  constructor(context, tracks) {
    this.context = context;
    const gain = (value) => new GainNode(context, { gain: value });
    Object.assign(this, { bus: gain(1), plain: gain(1), stretched: gain(0), clicks: gain(0), countIn: gain(1) });
    this.bus.connect(this.plain).connect(context.destination);
    this.stretched.connect(context.destination);
    this.clicks.connect(context.destination);
    this.countIn.connect(context.destination);
    this.gains = new Map();
    this.analysers = new Map();
    for (const track of tracks) {
      const [own, analyser] = [gain(0), context.createAnalyser()];
      own.connect(analyser).connect(this.bus);
      this.gains.set(track, own);
      this.analysers.set(track, analyser);
    }
    this.isStretched = false; // whether the sound goes through the stretcher
    this.stretcher = null; // made when it is needed for the first time
    this.onError = () => {}; // called with a text if this browser has no stretcher
  }

  get isReady() {
    return !this.isStretched || this.stretcher !== null;
  }

  /* Seconds from a sound's start to when it is heard. */
  get latency() {
    return this.isStretched && this.stretcher ? this.stretcher.latency : 0;
  }

  /* Multiply all frequencies from a time of the audio context on. */
  async setPitch(factor, time) {
    const wasStretched = this.isStretched;
    this.isStretched = Math.abs(factor - 1) > 1e-9;
    this.factor = factor;
    this.plain.gain.setValueAtTime(this.isStretched ? 0 : 1, time + (wasStretched ? 0 : 2 * FADE)); // after the fade of what sounds
    if (!this.isStretched) this.stretched.gain.setTargetAtTime(0, time, FADE / 3);
    else if (this.stretcher) await this.stretcher.setPitch(factor, time);
    else await (this.loading ??= this.load());
  }

  async load() {
    try {
      const stretcher = await Stretcher.make(this.context);
      this.bus.connect(stretcher.input);
      stretcher.output.connect(this.stretched);
      await stretcher.setPitch(this.factor, this.context.currentTime);
      this.stretcher = stretcher;
    } catch (error) {
      this.loading = null;
      this.onError(`This browser cannot change tempo and pitch: ${error.message}`);
    }
  }

  /* Let the stretcher's sound be heard from a time on. */
  open(time) {
    if (this.isStretched) this.stretched.gain.setValueAtTime(1, time);
  }

  /* Silence what is still in the stretcher. */
  close(time) {
    this.stretched.gain.cancelScheduledValues(time);
    this.stretched.gain.setTargetAtTime(0, time, FADE / 3);
  }
}
