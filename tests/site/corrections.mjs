// Runs edits of corrections.js: from cases on stdin to the table and the actions that the page shows, on stdout.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const corrections = createRequire(import.meta.url)(process.argv[2]);
const cases = JSON.parse(readFileSync(0, "utf8"));
const answers = cases.map(({ items, steps, nudges }) => {
  const book = corrections.book(items);
  for (const step of steps || []) {
    if (step === "undo") book.undo();
    else if (step === "redo") book.redo();
    else book.add(step);
  }
  // What was kept in a browser says the same again.
  const again = corrections.book(items, JSON.parse(JSON.stringify(book.edits)));
  return {
    csv: corrections.csv(book.rows()),
    again: corrections.csv(again.rows()),
    shown: book.shown(),
    states: Object.fromEntries([...book.states].map(([id, state]) => [id, [state.decision, state.confirms]])),
    nudged: (nudges || []).map(({ segment, edge, frames, video }) => corrections.nudged(segment, edge, frames, video)),
  };
});
process.stdout.write(JSON.stringify(answers));
