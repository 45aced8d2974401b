// What follows from corrections of labels: which actions there are then, and the table that says so to the workflow.
// Nothing here knows of a page; tests run it by node.
"use strict";

const corrections = (() => {
  // A row that overlaps an earlier label so much stands in its place, whatever it says
  // (vpdlib/interchange/later_files.py: 0.5). Labels that are to stay are written again from a little less on, which changes nothing.
  const TAKES_PLACE = 0.45;
  // Labels whose times differ by less are of one time there, seconds; a little more is safe, too.
  const SAME_TIME_S = 0.003;
  // By how much a time may miss the beginning of a frame, seconds (vpdlib/datasets/base.py).
  const SLACK_S = 0.0015;

  // Rounded down, so that the same frames are of an action: a frame that begins at the time is not before it.
  const milliseconds = (seconds) => Math.floor(1000 * seconds + 1e-6);
  const text = (seconds) => rounded(seconds).toFixed(3);
  const rounded = (seconds) => milliseconds(seconds) / 1000;

  // The first frame at or after a time, and the time of a frame.
  const frameAt = (seconds, fps) => Math.ceil((seconds - SLACK_S) * fps - 1e-6);
  const timeOf = (frame, fps) => rounded(frame / fps);

  // A time as it is written: up, where rounded down it would take in the frame that began just before it.
  function written(seconds, fps) {
    const down = rounded(seconds);
    return fps > 0 && frameAt(down, fps) !== frameAt(seconds, fps) ? (milliseconds(seconds) + 1) / 1000 : down;
  }

  // A segment with its start or end moved by some frames; within its video, and a frame long at least.
  function nudged(segment, edge, frames, video) {
    const last = frameAt(video.duration, video.fps);
    const start = frameAt(segment.start, video.fps);
    const end = Math.min(frameAt(segment.end, video.fps), last);
    if (edge === "start") {
      const frame = Math.min(Math.max(start + frames, 0), end - 1);
      return { ...segment, start: timeOf(frame, video.fps) };
    }
    const frame = Math.max(Math.min(end + frames, last), start + 1);
    return { ...segment, end: frame === last ? rounded(video.duration) : timeOf(frame, video.fps) };
  }

  function tiou(one, other) {
    const shared = Math.min(one.end, other.end) - Math.max(one.start, other.start);
    const union = Math.max(one.end, other.end) - Math.min(one.start, other.start);
    return union > 0 ? Math.max(shared, 0) / union : 0;
  }

  const isSameTime = (one, other) =>
    Math.abs(one.start - other.start) < SAME_TIME_S && Math.abs(one.end - other.end) < SAME_TIME_S;

  const isSame = (one, other) =>
    one.label === other.label && text(one.start) === text(other.start) && text(one.end) === text(other.end);

  // The state of every action, from the items of a dataset and what was done, in order.
  //
  // Items: {id, kind: "l" labelled | "f" found | "q" asked for, video, start, end, label, group, fps, pair: id of the
  // label of the same time or null}. An edit sets an action: {id, video, start, end, label, decision}, where the decision is
  // "accepted", "rejected" or "", which is as if it had not been looked at; an id that is no item's is a new action.
  function book(items, edits = []) {
    const known = new Map(items.map((item) => [item.id, item]));
    const done = [];
    const undone = [];
    let states = new Map();
    let replacedBy = new Map();

    function reset() {
      states = new Map(items.map((item) => [item.id, { ...item, decision: "", confirms: false }]));
      replacedBy = new Map();
    }

    // A label that a found action replaced stands again.
    function release(found) {
      if (found.pair && replacedBy.has(found.pair)) replacedBy.get(found.pair).delete(found.id);
    }

    function isReplaced(id) {
      return Boolean(replacedBy.get(id)?.size);
    }

    function apply(edit) {
      const item = known.get(edit.id);
      const base = item || { id: edit.id, kind: "n", group: edit.group || "", pair: null };
      const state = { ...base, ...edit, kind: base.kind, confirms: false };
      states.set(edit.id, state);
      if (base.kind === "l") labelSet(state, item);
      else foundSet(state, item);
    }

    // Whoever sets a label means it: what had replaced it, or had confirmed what it was before, is open again.
    function labelSet(state, item) {
      const replacing = replacedBy.get(state.id) || new Set();
      replacedBy.delete(state.id);
      const stands = state.decision !== "rejected" && isSame(state, item);
      for (const other of pairedWith(state.id)) {
        const { confirms } = states.get(other);
        if (replacing.has(other) || (confirms && !stands)) {
          states.set(other, { ...known.get(other), decision: "", confirms: false });
        }
      }
    }

    function foundSet(state, item) {
      release(state);
      const label = state.pair && states.get(state.pair);
      if (!label || state.decision !== "accepted") return;
      const stands = label.decision !== "rejected" && !isReplaced(label.id);
      // A label that was moved away is another action now.
      if (stands && tiou(label, item) === 0) return;
      if (stands && isSame(state, item) && label.label === state.label) {
        state.confirms = true;
        return;
      }
      if (!replacedBy.has(label.id)) replacedBy.set(label.id, new Set());
      replacedBy.get(label.id).add(state.id);
    }

    const pairs = new Map();
    for (const item of items) {
      if (!item.pair) continue;
      if (!pairs.has(item.pair)) pairs.set(item.pair, []);
      pairs.get(item.pair).push(item.id);
    }
    const pairedWith = (id) => pairs.get(id) || [];

    // Whether an action is one of the labels that the corrections lead to.
    function isPresent(state) {
      if (state.kind === "l") return state.decision !== "rejected" && !isReplaced(state.id);
      return state.decision === "accepted" && !state.confirms;
    }

    const byVideo = new Map();
    for (const item of items) {
      if (!byVideo.has(item.video)) byVideo.set(item.video, []);
      byVideo.get(item.video).push(item.id);
    }

    // The states of a video's actions, those that were added last.
    function ofVideo(video) {
      const added = done.filter((edit) => edit.video === video && !known.has(edit.id)).map((edit) => edit.id);
      return [...(byVideo.get(video) || []), ...new Set(added)].map((id) => states.get(id));
    }

    function add(edit) {
      done.push(edit);
      undone.length = 0;
      apply(edit);
    }

    function undo() {
      if (!done.length) return null;
      const edit = done.pop();
      undone.push(edit);
      reset();
      done.forEach(apply);
      return edit;
    }

    function redo() {
      if (!undone.length) return null;
      const edit = undone.pop();
      done.push(edit);
      apply(edit);
      return edit;
    }

    function replaceAll(others) {
      done.splice(0, done.length, ...others);
      undone.length = 0;
      reset();
      done.forEach(apply);
    }

    function newId() {
      const numbers = done.filter((edit) => /^n\d+$/.test(edit.id)).map((edit) => Number(edit.id.slice(1)));
      return `n${1 + numbers.reduce((most, number) => Math.max(most, number), 0)}`;
    }

    replaceAll(edits);
    return {
      add, undo, redo, replaceAll, newId, isPresent, isReplaced, known,
      get edits() { return done; },
      get states() { return states; },
      state: (id) => states.get(id),
      ofVideo,
      shown: () => shown([...states.values()].filter(isPresent)),
      rows: () => rows(states, known, isPresent, replacedBy, new Set(done.map((edit) => edit.video))),
    };
  }

  // The actions that are labelled in the end, each once.
  function shown(present) {
    const kept = new Map();
    for (const state of present) {
      const key = keyOf(state);
      if (!kept.has(key)) kept.set(key, { video: state.video, start: state.start, end: state.end, label: state.label });
    }
    return [...kept.values()];
  }

  const keyOf = (row) => JSON.stringify([row.video, written(row.start, row.fps), written(row.end, row.fps), row.label]);

  // The rows of corrections.csv: {video, start, end, label, group, replaces: {start, end} or null}.
  function rows(states, known, isPresent, replacedBy, edited) {
    const made = [];
    const untouched = new Map();
    for (const state of states.values()) {
      if (!edited.has(state.video)) continue;
      const item = known.get(state.id);
      const replaced = replacedBy.get(state.pair)?.has(state.id) ? known.get(state.pair) : null;
      const replaces = state.kind === "l" ? item : replaced;
      if (state.kind === "l" && isPresent(state) && isSame(state, item)) {
        if (!untouched.has(state.video)) untouched.set(state.video, []);
        untouched.get(state.video).push(item);
      } else if (isPresent(state)) {
        made.push({ ...row(state), group: state.group || replaces?.group || "", replaces });
      } else if (state.kind === "l" && state.decision === "rejected" && !replacedBy.get(state.id)?.size) {
        made.push({ ...row(item), label: "", replaces: item });
      }
    }
    return once([...made, ...toKeep(made, untouched)]);
  }

  const row = (state) => ({
    video: state.video, start: state.start, end: state.end, label: state.label, group: state.group || "",
    fps: state.fps,
  });

  // Labels that nobody touched, and that some row would take the place of: they are written again.
  function toKeep(made, untouched) {
    const kept = [];
    const waiting = [...made];
    while (waiting.length) {
      const one = waiting.pop();
      const span = { start: written(one.start, one.fps), end: written(one.end, one.fps) };
      const labels = untouched.get(one.video) || [];
      const left = [];
      for (const item of labels) {
        const isTaken = (one.replaces && isSameTime(one.replaces, item)) ||
          (one.label && tiou(span, item) >= TAKES_PLACE);
        if (isTaken) {
          const again = { ...row(item), replaces: item };
          kept.push(again);
          waiting.push(again);
        } else left.push(item);
      }
      untouched.set(one.video, left);
    }
    return kept;
  }

  // The same action twice is refused by the workflow; what the second one replaces goes all the same.
  function once(all) {
    const seen = new Set();
    const result = [];
    for (const one of all) {
      const isAgain = one.label && seen.has(keyOf(one));
      if (one.label) seen.add(keyOf(one));
      if (!isAgain) result.push(one);
      else if (one.replaces) result.push({ ...one, ...one.replaces, label: "", replaces: one.replaces });
    }
    return result.sort((one, other) =>
      one.video < other.video ? -1 : one.video > other.video ? 1 : one.start - other.start);
  }

  const cell = (value) => (/[",;\t]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);

  // corrections.csv, as vpdlib/interchange/label_formats/label_table.py reads it.
  function csv(all) {
    const hasGroups = all.some((one) => one.group);
    const lines = [["video", "start", "end", "label", ...(hasGroups ? ["group"] : []), "replaces"]];
    for (const one of all) {
      const replaces = one.replaces ? `${text(one.replaces.start)}-${text(one.replaces.end)}` : "";
      const group = hasGroups ? [one.group] : [];
      const [start, end] = [one.start, one.end].map((time) => written(time, one.fps).toFixed(3));
      lines.push([one.video, start, end, one.label, ...group, replaces]);
    }
    return lines.map((cells) => `${cells.map(cell).join(",")}\n`).join("");
  }

  return { book, csv, nudged, frameAt, timeOf, tiou, text, rounded, isSame };
})();

if (typeof module !== "undefined") module.exports = corrections;
