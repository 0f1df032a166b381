"use strict";
/* Changes the pitch of sound while it plays, by Signalsmith Stretch (see vendor/LICENSE) in an audio worklet.

   A slower tempo is made in two steps: all tracks are played slower, and lower, from one clock; then the sum of them is
   brought back to its pitch. So the tracks stay in sync whatever the tempo, and a transposition is the same thing. */

const STRETCHER = "signalsmith-stretch"; // the name under which the module registers itself
const STRETCHER_BLOCK = 180; // length of the windows (ms): longer ones blur attacks, shorter ones make chords rough
const ALL_FREQUENCIES = 1e6; // shift even the highest frequencies (Hz)

/* Load the module into an audio context, from a data URL or, where a browser refuses that, from a blob. */
async function loadStretcher(context) {
  const code = byId("stretcher").textContent;
  try {
    await context.audioWorklet.addModule(`data:text/javascript,${encodeURIComponent(code)}`);
  } catch {
    await context.audioWorklet.addModule(URL.createObjectURL(new Blob([code], { type: "text/javascript" })));
  }
}

/* A node that shifts the pitch of what is connected to its input. */
class Stretcher {
  static async make(context) {
    await loadStretcher(context);
    const shape = { numberOfInputs: 1, numberOfOutputs: 1, outputChannelCount: [2], channelCount: 2, channelCountMode: "explicit" };
    const stretcher = new Stretcher(new AudioWorkletNode(context, STRETCHER, shape));
    await stretcher.ask("configure", { blockMs: STRETCHER_BLOCK });
    stretcher.latency = await stretcher.ask("latency"); // seconds from input to output
    return stretcher;
  }

  constructor(node) {
    this.input = this.output = node;
    this.answers = new Map(); // functions to call with the answer of the worklet, by the number of the question
    this.silence = new ConstantSourceNode(node.context, { offset: 0 }); // the module wants an input at all times
    this.silence.connect(node);
    this.silence.start();
    node.port.onmessage = ({ data: [number, answer] }) => this.answers.get(number)?.(answer);
  }

  /* Call a method of the module; a promise of its answer. */
  ask(method, ...content) {
    const number = this.answers.size;
    return new Promise((resolve) => {
      this.answers.set(number, resolve);
      this.input.port.postMessage([number, method, ...content]);
    });
  }

  /* Multiply all frequencies of what comes in from a time of the audio context on. */
  setPitch(factor, time) {
    const semitones = 12 * Math.log2(factor);
    return this.ask("schedule", { output: time + this.latency, active: true, semitones, tonalityHz: ALL_FREQUENCIES });
  }
}
