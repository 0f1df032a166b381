"use strict";
/* The mix that is heard, as a WAV file: made as fast as the browser can, with the tempo, the transposition and the clicks. */

/* The sum of the tracks as they are heard from one position of the recording to another: an AudioBuffer. */
async function sumOfTracks(player, begin, end) {
  const { data, loader } = player;
  const [{ sampleRate, blockLength, margin }, delay] = [data, await loader.delay];
  const sum = new AudioBuffer({ numberOfChannels: 2, length: Math.max(Math.round((end - begin) * sampleRate), 1), sampleRate });
  for (let number = Math.floor(begin / blockLength); number < loader.count && number * blockLength < end; number += 1) {
    const sounds = await loader.decode(number);
    const from = Math.max(Math.round((number * blockLength - begin) * sampleRate), 0); // where the block begins in the sum
    const to = Math.min(Math.round(((number + 1) * blockLength - begin) * sampleRate), sum.length);
    const first = from + Math.round((begin - number * blockLength + margin + delay) * sampleRate); // the same place in the block
    for (const [track, sound] of sounds) {
      const gain = player.gainOf(track);
      if (gain) [0, 1].forEach((channel) => addSamples(sum.getChannelData(channel).subarray(from, to), sound.getChannelData(channel % sound.numberOfChannels), first, gain));
    }
  }
  return sum;
}

/* Add samples, from the one of number `first` on, to others. */
function addSamples(sum, samples, first, gain) {
  const length = Math.min(sum.length, samples.length - first);
  for (let n = 0; n < length; n += 1) sum[n] += gain * samples[first + n];
}

/* A sound at the tempo and the transposition of the player, with its clicks; `begin` is where it begins in the recording. */
async function renderedSound(player, sound, begin = 0) {
  const { metronome, tempo, pitchFactor } = player;
  const { sampleRate, length } = sound;
  const piece = { position: begin, tempo, length: length / sampleRate, heardAt: 0 };
  const lead = metronome.countsIn ? metronome.countInLength(piece) : 0;
  const latency = pitchFactor === 1 ? 0 : STRETCHER_BLOCK / 1000;
  const seconds = lead + piece.length / tempo;
  const context = new OfflineAudioContext(2, Math.ceil((latency + seconds) * sampleRate) + 128, sampleRate);
  const source = new AudioBufferSourceNode(context, { buffer: sound, playbackRate: tempo });
  let output = source;
  if (latency) {
    const stretcher = await Stretcher.make(context);
    piece.heardAt = stretcher.latency;
    await stretcher.setPitch(pitchFactor, -1);
    source.connect(stretcher.input);
    output = stretcher.output;
  }
  output.connect(context.destination);
  source.start(lead);
  if (metronome.countsIn) metronome.countIn(piece, context.destination);
  if (metronome.isOn) metronome.clicks({ ...piece, heardAt: piece.heardAt + lead }, context.destination);
  const rendered = await context.startRendering();
  const start = Math.round(piece.heardAt * sampleRate);
  return [0, 1].map((channel) => rendered.getChannelData(channel).subarray(start, start + Math.round(seconds * sampleRate)));
}

/* Two channels as a WAV file of 16 bits; sound above full scale is made softer as a whole. */
function wavFile(channels, sampleRate) {
  const frames = channels[0].length;
  const peak = channels.reduce((most, samples) => samples.reduce((a, b) => Math.max(a, Math.abs(b)), most), 1);
  const view = new DataView(new ArrayBuffer(44 + 4 * frames));
  const text = (at, letters) => [...letters].forEach((letter, k) => view.setUint8(at + k, letter.charCodeAt(0)));
  const numbers = [[4, 36 + 4 * frames, 4], [16, 16, 4], [20, 1, 2], [22, 2, 2], [24, sampleRate, 4], [28, 4 * sampleRate, 4], [32, 4, 2], [34, 16, 2], [40, 4 * frames, 4]];
  for (const [at, letters] of [[0, "RIFF"], [8, "WAVE"], [12, "fmt "], [36, "data"]]) text(at, letters);
  for (const [at, value, bytes] of numbers) bytes === 4 ? view.setUint32(at, value, true) : view.setUint16(at, value, true);
  for (let n = 0; n < frames; n += 1) {
    for (const [k, samples] of channels.entries()) view.setInt16(44 + 4 * n + 2 * k, Math.round((samples[n] / peak) * 32767), true);
  }
  return new Blob([view], { type: "audio/wav" });
}

/* What the player plays, in the loop or as a whole, as a WAV file. */
async function mixFile(player) {
  const { loop, data } = player;
  const [begin, end] = loop.isOn ? [loop.begin, loop.end] : [0, data.duration];
  const sound = await sumOfTracks(player, begin, end);
  return wavFile(await renderedSound(player, sound, begin), data.sampleRate);
}
