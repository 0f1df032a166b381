/* Play bursts in place of the first two tracks, with clicks; give the last seconds of left, right and clicks as text, with
   the times of the audio context and the positions at the begin and the end. */
async ([tempo, transposition, seconds, lookedAt, period, frequency]) => {
  const { player, data, loader } = scoresep, rate = data.sampleRate, length = Math.floor(Math.min(data.duration, 19) / period) * period;
  const stem = (channel) => {
    const buffer = new AudioBuffer({ numberOfChannels: 2, length: Math.ceil((length + 1) * rate), sampleRate: rate });
    const samples = buffer.getChannelData(channel);
    for (let begin = 0; begin < length; begin += period) {
      const first = Math.round((begin + data.margin + player.delay) * rate), size = Math.round(0.1 * rate);
      for (let n = 0; n < size; n += 1) samples[first + n] = 0.5 * Math.sin(2 * Math.PI * frequency * n / rate) * Math.sin(Math.PI * n / size) ** 2;
    }
    return buffer;
  };
  await loader.decoded(0);
  loader.ready.set(0, new Map([[0, stem(0)], [1, stem(1)]]));
  const beats = Array.from({ length: Math.round(length / period) }, (_, k) => [k * period, 1 + Math.floor(k / 4), 1 + (k % 4)]);
  player.stop();
  player.metronome = new Metronome(beats, length);
  player.metronome.isOn = true;
  Object.assign(player, { tempo, transposition, loop: { begin: 0, end: length, isOn: true }, pausedAt: 0 });
  player.open();
  const { context, mixer } = player;
  if (!player.recorder) {
    const code = `registerProcessor("recorder", class extends AudioWorkletProcessor {
      process([sound]) { if (sound.length) this.port.postMessage([currentTime, sound.map((channel) => channel.slice())]); return true; } })`;
    await context.audioWorklet.addModule(`data:text/javascript,${encodeURIComponent(code)}`);
    player.recorder = new AudioWorkletNode(context, "recorder", { channelCount: 3, channelCountMode: "explicit", channelInterpretation: "discrete" });
    const merger = new ChannelMergerNode(context, { numberOfInputs: 3 }), sum = new GainNode(context, { channelCount: 2, channelCountMode: "explicit" });
    const splitter = new ChannelSplitterNode(context, { numberOfOutputs: 2 });
    mixer.plain.connect(sum);
    mixer.stretched.connect(sum);
    sum.connect(splitter);
    splitter.connect(merger, 0, 0);
    splitter.connect(merger, 1, 1);
    mixer.clicks.connect(merger, 0, 2);
    merger.connect(player.recorder).connect(new GainNode(context, { gain: 0 })).connect(context.destination);
  }
  player.updateGains();
  const parts = [];
  player.recorder.port.onmessage = ({ data: part }) => { parts.push(part); while (parts[0][0] < part[0] - lookedAt) parts.shift(); };
  player.play();
  const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  while (player.position() < 0.1) await wait(20);
  const begin = [context.currentTime, player.position()];
  const later = Math.min(5, (length - begin[1] - 0.5) / tempo); // before the loop comes back
  await wait(1000 * later);
  const end = [context.currentTime, player.position()];
  await wait(1000 * Math.max(seconds - later, 0));
  player.pause();
  const text = (samples) => btoa(Array.from(new Uint8Array(samples.buffer), (byte) => String.fromCharCode(byte)).join(""));
  const whole = [0, 1, 2].map((k) => Float32Array.from(parts.flatMap(([, channels]) => [...(channels[k] ?? new Float32Array(128))])));
  return { rate, begin, end, channels: whole.map(text) };
}
