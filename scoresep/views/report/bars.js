"use strict";
/* The bars of the score: lines with numbers in the piano roll, and the bar of a note in words. */

const NUMBER_ROOM = 44; // pixels from one number of a bar to the next at least
const BEAT_ROOM = 24; // pixels from one line of a beat to the next at least

/* The first beat of each bar in the order played, as [time, bar, beat, repeat]. */
function barBegins(beats) {
  return beats.filter(([, bar, beat, repeat], k) => {
    const before = beats[k - 1];
    return !before || before[1] !== bar || before[3] !== repeat || before[2] >= beat;
  });
}

/* A line at each bar, with its number at the top, and fainter lines at the beats where there is room. */
function drawBars(view, context) {
  const { beats = [], duration } = view.data;
  if (!beats.length) return;
  const bars = barBegins(beats);
  const width = (count) => (duration / count) * view.scale;
  const step = [1, 2, 5, 10, 20, 50, 100].find((each) => each * width(bars.length) > NUMBER_ROOM) ?? 200;
  const isShown = ([time]) => time >= view.left && time <= view.right;
  context.fillStyle = view.theme.line;
  if (width(beats.length) > BEAT_ROOM) {
    context.globalAlpha = 0.5;
    for (const [time] of beats.filter(isShown)) context.fillRect(Math.round(view.x(time)), 0, 1, view.roll.height);
    context.globalAlpha = 1;
  }
  context.textAlign = "left";
  for (const [time, bar, , repeat] of bars.filter(isShown)) {
    const x = Math.round(view.x(time));
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
