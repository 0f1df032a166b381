"use strict";
/* The files that say what has been corrected: a table of notes, and a groups file that goes with it. */

/* Let the reader save a text as a file. */
function saveText(name, text) {
  const url = URL.createObjectURL(new Blob([text], { type: "text/plain;charset=utf-8" }));
  make("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

/* The cells of a note in the table, by column. */
function cellsOf(table, note) {
  const cells = Object.entries(table.columns).map(([name, column]) => [name, Array.isArray(column) ? column[note.index] : column]);
  const row = Object.fromEntries(cells);
  const shift = note.onset - note.original.onset;
  if (shift) {
    const [onset, offset] = [row.onset, row.offset].map((time) => (Number(time) + shift).toFixed(4));
    Object.assign(row, { onset, offset, confidence: "1.000" });
  }
  return row;
}

/* The notes that are played, in the order in which scoresep numbers them, each with its cells. */
function numbered(table, notes) {
  const rows = notes.filter((note) => !note.isWrong).map((note) => ({ note, cells: cellsOf(table, note) }));
  const keys = ["onset", "pitch", "part_number"];
  rows.sort((a, b) => keys.map((key) => a.cells[key] - b.cells[key]).find((difference) => difference) ?? 0);
  return rows.map((row, k) => ({ ...row, number: k + 1 }));
}

/* notes.csv: the notes with their times in the recording. */
function notesTable(table, notes) {
  const quoted = (cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
  const lines = [Object.keys(table.columns), ...numbered(table, notes).map(({ cells }) => Object.values(cells))];
  return lines.map((line) => `${line.map(quoted).join(",")}\n`).join("");
}

/* groups.yaml: the groups of these notes. */
function groupsFile(table, notes) {
  const rows = numbered(table, notes);
  const lines = table.groups.map(({ name, condition }, k) => {
    const selectors = selectorsOf(condition, k, rows);
    return selectors ? `${yamlText(name)}: ${selectors}` : `# ${name}: no notes`;
  });
  return ["# For notes.csv, whose notes are numbered from 1 in the order of its lines.", ...lines, ""].join("\n");
}

/* The selectors of a group: its condition, as far as it still holds, and the numbers of single notes. */
function selectorsOf(condition, k, rows) {
  const isIn = ({ note }) => note.groups.includes(k);
  const meets = ({ note }) => condition !== null && note.original.groups.includes(k);
  const met = rows.filter(meets);
  const gone = met.filter((row) => !isIn(row));
  const added = rows.filter((row) => isIn(row) && !meets(row));
  const selectors = [];
  if (gone.length < met.length) {
    const [[key, value]] = Object.entries(condition);
    const exception = gone.length ? `, except: {note: [${ranges(gone)}]}` : "";
    selectors.push(`{${key}: ${yamlText(value)}${exception}}`);
  }
  if (added.length) selectors.push(`{note: [${ranges(added)}]}`);
  return selectors.length > 1 ? `[${selectors.join(", ")}]` : selectors.join("");
}

/* Numbers that rise, as 1, 3..7, 9. */
function ranges(rows) {
  const runs = [];
  for (const { number } of rows) {
    if (runs.at(-1)?.[1] === number - 1) runs.at(-1)[1] = number;
    else runs.push([number, number]);
  }
  return runs.map(([first, last]) => (first === last ? `${first}` : `${first}..${last}`)).join(", ");
}

/* A text as YAML has it, quoted unless it is a plain word. */
function yamlText(text) {
  return /^[A-Za-z][A-Za-z0-9_-]*$/.test(text) ? text : JSON.stringify(text);
}
