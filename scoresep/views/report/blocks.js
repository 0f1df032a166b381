"use strict";
/* The blocks of the report: 20 s of compressed sound and pictures each, loaded and decoded when they are needed. */

const KEPT_SOUNDS = 4; // blocks whose sound stays decoded
const KEPT_BLOCKS = 16; // blocks of a folder that stay loaded

const blocks = new Map(); // the content of each block, by its number
const waiting = new Map(); // who waits for a block that a script will bring: functions, by its number

/* Called by the scripts of the blocks. */
function addBlock(number, content) {
  blocks.set(number, content);
  for (const resolve of waiting.get(number) ?? []) resolve(content);
  waiting.delete(number);
}

function bytesOf(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

/* Loads blocks and decodes their sound. */
class BlockLoader {
  constructor(data) {
    this.data = data;
    this.count = Math.ceil(data.duration / data.blockLength - 1e-9);
    this.decoder = new OfflineAudioContext(1, 1, data.sampleRate);
    this.delay = this.measureDelay();
    this.sounds = new Map(); // promises of decoded blocks, the latest last
    this.ready = new Map(); // decoded blocks
    this.onError = () => {}; // called with a text if a block cannot be loaded
  }

  /* How many seconds the decoder is late: not every one removes the delay of the encoder. */
  async measureDelay() {
    const impulse = await this.decoder.decodeAudioData(bytesOf(this.data.impulse.sound).buffer);
    const samples = impulse.getChannelData(0).map(Math.abs);
    const peak = samples.indexOf(samples.reduce((a, b) => Math.max(a, b)));
    return (peak - this.data.impulse.at) / this.data.sampleRate;
  }

  /* A promise of the content of a block. */
  content(number) {
    if (blocks.has(number)) return Promise.resolve(blocks.get(number));
    return new Promise((resolve) => {
      waiting.set(number, [...(waiting.get(number) ?? []), resolve]);
      if (waiting.get(number).length > 1) return;
      const script = document.createElement("script");
      script.src = `${encodeURIComponent(this.data.folder)}/${number}.js`;
      script.onload = () => script.remove();
      script.onerror = () => this.onError(`The folder ${this.data.folder} cannot be read; keep it beside this page.`);
      document.head.append(script);
      for (const old of [...blocks.keys()].slice(0, -KEPT_BLOCKS)) blocks.delete(old);
    });
  }

  /* A promise of the sounds of a block, by track; silent tracks are missing. */
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
