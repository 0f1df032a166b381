"use strict";
/* Writes the texts and figures of the page. */

const KEYS = [
  ["Space", "play or pause"],
  ["1 – 9", "solo a track; with Shift mute it"],
  ["0", "all tracks again"],
  ["A", "switch between the stems and the recording"],
  ["← →", "two seconds back or on; in the score, from note to note"],
  ["Enter", "in the score, play the note alone"],
  ["[ and ]", "begin and end of the loop here, or drag over the waveform"],
  ["L", "loop on or off"],
  ["Esc", "no loop"],
  [", .", "slower, faster"],
  ["< >", "a semitone lower, higher"],
  ["M", "click on the beats, or not"],
  ["I", "count in, or not"],
  ["B", "repeat the bar that sounds, or not"],
  ["+ −", "zoom"],
  ["F", "scroll with the sound, or not"],
  ["C", "correct notes, or leave off"],
  ["S", "while correcting, select the note in focus; with Shift all notes of the loop"],
  ["Del", "while correcting, mark the selected notes as not played"],
  ["Ctrl Z", "while correcting, take the last correction back"],
  ["Home", "to the beginning"],
  ["?", "show or hide these keys"],
];

/* What differs where versions are compared. */
const COMPARISON_KEYS = {
  "1 – 9": "hear a version",
  0: null,
  A: "switch between the two versions of the spectrograms, at the same place",
};

const byId = (id) => document.getElementById(id);

function decibels(value) {
  return typeof value === "number" ? value.toFixed(1).replace("-", "−") : null;
}

/* An element with text and attributes; text from files is never markup. */
function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "style") element.style.cssText = value;
    else element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

function readData() {
  const data = JSON.parse(byId("data").textContent);
  const counts = new Map();
  data.notes = data.notes.map(([onset, offset, pitch, velocity, track, confidence, bar], index) => {
    counts.set(track, (counts.get(track) ?? 0) + 1);
    const piece = data.kit?.[pitch];
    const frequency = piece ? 0 : 440 * 2 ** ((pitch - 69 + (data.transposition ?? 0) + (data.tuning ?? 0) / 100) / 12);
    return { index, onset, offset, pitch, velocity, track, confidence, bar, frequency, name: piece ?? pitchName(pitch) };
  });
  for (const note of data.notes) {
    note.isOnlyOne = !data.compares && counts.get(note.track) === 1;
    note.remark = data.remarks?.[note.index];
  }
  for (const contour of data.contours ?? []) contour.pitch = readContour(contour);
  data.tracks.forEach((track, k) => (track.notes = counts.get(k) ?? 0));
  return data;
}

/* The pitches of a contour, which come as numbers of two bytes; 0 where there is none. */
function readContour({ pitch, steps }) {
  const bytes = Uint8Array.from(atob(pitch), (letter) => letter.charCodeAt(0));
  return Array.from({ length: bytes.length / 2 }, (_, k) => (bytes[2 * k] + 256 * bytes[2 * k + 1]) / steps);
}

function writeHead(data) {
  byId("title").textContent = data.title;
  const { groups } = data;
  const count = data.compares ? `${data.tracks.length} versions` : `${groups} ${groups === 1 ? "group" : "groups"}`;
  const parts = [data.score, timeText(data.duration, 0), count];
  const first = data.compares ? data.notes.filter((note) => note.track <= 0) : data.notes; // not one note in two versions
  if (first.length) parts.push(`${first.length} notes`);
  if (data.confidence !== undefined) parts.push(`alignment confidence ${data.confidence.toFixed(2)}`);
  byId("subtitle").textContent = parts.filter(Boolean).join(" · ");
  const keys = KEYS.map(([key, what]) => [key, data.compares && key in COMPARISON_KEYS ? COMPARISON_KEYS[key] : what]);
  byId("keys").append(...keys.filter(([, what]) => what).flatMap(([key, what]) => [make("dt", {}, make("kbd", {}, key)), make("dd", {}, what)]));
  if (!data.notes.length) byId("roll").parentElement.hidden = byId("alignment").parentElement.hidden = true;
  if (data.contours) byId("contours").hidden = false;
  if (data.tempo?.length) writeTempo(data, data.tempo.flat().map(([, tempo]) => tempo));
}

function writeTempo(data, tempo) {
  const [low, high] = [Math.min(...tempo), Math.max(...tempo)].map((share) => Math.round(100 * share));
  const doubtful = data.notes.filter((note) => note.confidence < data.lowConfidence).length;
  const text = `confidence of each note, ${doubtful} doubtful; local tempo, ${low} to ${high} % of the written one`;
  byId("alignment-caption").textContent = text;
  byId("alignment").setAttribute("aria-label", `Alignment: ${text}`);
}

function writeNumbers(data) {
  const cell = (value) => make("td", {}, decibels(value) ?? "–");
  const heads = data.compares ? ["Version", "Level", "Peak"] : ["Stem", "Notes", "Level", "Peak"];
  byId("levels").append(
    make("thead", {}, make("tr", {}, ...heads.map((text) => make("th", { scope: "col" }, text)))),
    make("tbody", {}, ...data.tracks.map((track) =>
      make("tr", {}, make("th", { scope: "row" }, track.name), data.compares ? null : make("td", {}, String(track.notes)), cell(track.level), cell(track.peak)),
    )),
    make("caption", {}, "Levels and peaks in decibels, full scale is 0"),
  );
  const { options = {}, warnings = [], ...rest } = data.summary;
  const shown = Object.entries({ ...rest, ...options }).filter(([, value]) => value !== null && typeof value !== "object");
  byId("settings").previousElementSibling.hidden = !shown.length;
  byId("settings").append(...shown.map(([name, value]) =>
    make("div", {}, make("dt", {}, name.replaceAll("_", " ")), make("dd", {}, String(value))),
  ));
  byId("warnings").append(...warnings.map((text) => make("p", { class: "notice" }, text)));
  writeLoss(data.loss ?? []);
}

/* The loss of each iteration, on a logarithmic scale. */
function writeLoss(loss) {
  const box = byId("loss");
  const last = loss.length - 1;
  if (last < 1) return box.parentElement.remove();
  const logs = loss.map((value) => Math.log(Math.max(value, 1e-12)));
  const [low, high] = [Math.min(...logs), Math.max(...logs)];
  const [width, height] = [320, 130];
  const points = logs.map((value, k) =>
    `${(8 + (k / last) * (width - 16)).toFixed(1)},${(8 + ((high - value) / Math.max(high - low, 1e-9)) * (height - 16)).toFixed(1)}`);
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const shown = (value) => Number(value.toPrecision(4)).toLocaleString("en");
  const text = `Loss ${shown(loss[0])} before the fit, ${shown(loss[last])} after ${last} iterations`;
  const line = document.createElementNS(svg.namespaceURI, "polyline");
  for (const [key, value] of Object.entries({ viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", role: "img", "aria-label": text })) svg.setAttribute(key, value);
  line.setAttribute("points", points.join(" "));
  svg.append(line);
  box.append(svg, make("p", {}, text));
}
