"use strict";
/* The bars of the score: lines with numbers in the piano roll, and the bar of a note in words. */

const NUMBER_ROOM = 44; // pixels from one number of a bar to the next at least
const BEAT_ROOM = 24; // pixels from one line of a beat to the next at least

/* The bars that beats make, in the order played: [{bar, repeat, begin, end, beats}]; `beats` is how many it has. */
function barsOf(beats, duration) {
  const bars = [];
  for (const [k, { time, bar, beat, repeat }] of beats.entries()) {
    const last = beats[k - 1];
    if (!last || bar !== last.bar || repeat !== last.repeat || beat <= last.beat) bars.push({ bar, repeat, begin: time, beats: 0 });
    bars.at(-1).beats += 1;
    const next = beats[k + 1]?.time ?? time + (time - (last?.time ?? time - 1)); // the last beat is as long as the one before it
    bars.at(-1).end = Math.min(next, duration);
  }
  return bars;
}

/* A line at each bar, with its number at the top, and fainter lines at the beats where there is room. */
function drawBars(view, context) {
  const { beats, bars } = view.player.metronome;
  if (!bars.length) return;
  const width = (count) => (view.data.duration / count) * view.scale;
  const step = [1, 2, 5, 10, 20, 50, 100].find((each) => each * width(bars.length) > NUMBER_ROOM) ?? 200;
  const isShown = (time) => time >= view.left && time <= view.right;
  context.fillStyle = view.theme.line;
  if (width(beats.length) > BEAT_ROOM) {
    context.globalAlpha = 0.5;
    for (const { time } of beats.filter((each) => isShown(each.time))) context.fillRect(Math.round(view.x(time)), 0, 1, view.roll.height);
    context.globalAlpha = 1;
  }
  context.textAlign = "left";
  for (const { bar, repeat, begin } of bars.filter((each) => isShown(each.begin))) {
    const x = Math.round(view.x(begin));
    context.fillStyle = view.theme.faint;
    context.globalAlpha = 0.7;
    context.fillRect(x, 0, 1, view.roll.height);
    context.globalAlpha = 1;
    context.fillStyle = view.theme.ink;
    if (bar % step === 0 || step === 1) context.fillText(repeat > 1 ? `${bar} (${repeat})` : String(bar), x + 4, 8);
  }
}

/* The bar that a note begins in, in words; "" if it is not known. */
function barText(note) {
  return note.bar >= 0 ? `bar ${note.bar}` : "";
}
