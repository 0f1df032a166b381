"use strict";
/* The rows of the tracks: a fader over a meter, and buttons. */

const SOFTEST = -40; // the lowest place of a fader, where it is silent (dB)
const LOUDEST = 12; // the highest (dB)

/* The row of a track, in the page, and its elements. */
function makeRow(page, track, k) {
  const key = k < 9 ? String(k + 1) : "";
  const button = (text, label, title, onClick, kind = "") => {
    const made = make("button", { type: "button", "aria-label": `${label} ${track.name}`, title, class: kind }, text);
    made.addEventListener("click", onClick);
    return made;
  };
  const part = button("My part", "My part is", "I play this one: switch it off, and all others on", () => page.toggleMyPart(k));
  const { compares } = page.data; // then one track is heard at a time, and there are no masks
  part.hidden = track.isResidual || Boolean(compares);
  const [word, title] = compares ? ["Hear", `Hear it (${key})`] : ["Solo", `Solo (${key})`];
  const solo = button(word, word, title, () => page.toggle(page.player.solo, k, "solo"));
  const mute = button("Mute", "Mute", `Mute (Shift ${key})`, () => page.toggle(page.player.mute, k, "mute"));
  const mask = button("Mask", "Mask of", "Show its mask", () => page.toggleMask(k), "mask");
  const meter = make("i");
  const fader = make("input", { type: "range", min: SOFTEST, max: LOUDEST, value: 0, step: 1, "aria-label": `Volume of ${track.name}`, title: "Volume; a double click sets it back" });
  const volume = make("output", { class: "level" });
  fader.addEventListener("input", () => page.setVolume(k, Number(fader.value)));
  fader.addEventListener("dblclick", () => page.setVolume(k, 0));
  const row = make(
    "div", { class: "track", role: "group", "aria-label": track.name },
    make("kbd", { "aria-hidden": "true" }, key),
    make("span", { class: "chip", "aria-hidden": "true" }),
    make("span", { class: "name", title: track.name }, track.name),
    make("span", { class: "fader" }, make("span", { class: "meter", "aria-hidden": "true" }, meter), fader),
    volume,
    make("span", { class: "buttons" }, part, make("span", { class: "group" }, solo, ...(compares ? [] : [mute, mask]))),
  );
  byId("tracks").append(row);
  return { row, part, solo, mute, mask, meter, fader, volume, chip: row.querySelector(".chip") };
}

/* A place of a fader as a factor, and as text. */
function gainOfFader(level) {
  return level <= SOFTEST ? 0 : 10 ** (level / 20);
}

function faderText(level) {
  return level <= SOFTEST ? "off" : `${level > 0 ? "+" : ""}${String(level).replace("-", "−")} dB`;
}
