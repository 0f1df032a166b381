"use strict";
/* The spectrogram of each block, in the colours of the tracks. */

const KEPT_PICTURES = 24; // blocks whose pictures stay decoded
const WHITE_LEVEL = 60; // the level, of 255, up to which a place has the colour of the ground
const COLOUR_RANGE = 165; // levels from there to the full colour

/* Decodes the pictures of blocks, the level of the recording and the share of each track, and paints them. */
class SpectrogramPictures {
  constructor(loader, onReady) {
    this.loader = loader;
    this.onReady = onReady;
    this.planes = new Map(); // grey pictures by block: the level, then the shares; null while they load
    this.painted = new Map(); // canvases by block, with the key of their colours
  }

  /* The painted canvas of a block, or null while it loads. */
  get(number, paint) {
    const planes = this.planes.get(number);
    if (planes === undefined) this.load(number);
    if (!planes) return null;
    const painted = this.painted.get(number);
    if (painted?.key === paint.key) return painted.canvas;
    const canvas = painted?.canvas ?? document.createElement("canvas");
    this.paint(canvas, planes, paint);
    this.painted.set(number, { key: paint.key, canvas });
    return canvas;
  }

  async load(number) {
    this.planes.set(number, null);
    for (const old of [...this.planes.keys()].slice(0, -KEPT_PICTURES)) {
      this.planes.delete(old);
      this.painted.delete(old);
    }
    this.planes.set(number, await this.planesOf(number));
    this.onReady();
  }

  /* The level of a block, and the share of each track. */
  async planesOf(number) {
    const { level, shares } = await this.loader.content(number);
    return Promise.all([level, ...shares].map((text) => this.decode(text)));
  }

  async decode(text) {
    const image = new Image();
    image.src = `data:image/jpeg;base64,${text}`;
    await image.decode();
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [image.width, image.height];
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, image.width, image.height);
    const grey = new Uint8Array(data.length / 4);
    for (let pixel = 0; pixel < grey.length; pixel += 1) grey[pixel] = data[4 * pixel];
    return { grey, width: image.width, height: image.height };
  }

  /* Mix the colours of the tracks by their shares, the stronger the louder the recording is. */
  paint(canvas, planes, { ground, ink, colours, maskStrength }) {
    const [level, ...shares] = planes;
    [canvas.width, canvas.height] = [level.width, level.height];
    const context = canvas.getContext("2d");
    const image = context.createImageData(level.width, level.height);
    for (let pixel = 0; pixel < level.grey.length; pixel += 1) {
      const strength = Math.min(Math.max((level.grey[pixel] - WHITE_LEVEL) / COLOUR_RANGE, 0), 1);
      for (let c = 0; c < 3; c += 1) {
        let colour = ink[c];
        for (let k = 0; k < shares.length; k += 1) {
          if (colours[k]) colour += (maskStrength * shares[k].grey[pixel] * (colours[k][c] - ink[c])) / 255;
        }
        image.data[4 * pixel + c] = ground[c] + strength * (colour - ground[c]);
      }
      image.data[4 * pixel + 3] = 255;
    }
    context.putImageData(image, 0, 0);
  }
}
