// The page of found actions: a queue, a video, an action that is chosen, and what is done about it.
"use strict";

(async () => {
  const $ = (id) => document.getElementById(id);
  const data = await vpd.load("found");
  const videos = new Map(data.videos.map((video) => [video.name, video]));
  const items = foundItems.itemsOf(data);
  const book = corrections.book(items);
  const colours = new Map(data.classes.map((name, number) => [name, vpd.colour(number)]));
  const colourOf = (label) => colours.get(label) || vpd.colour(data.classes.length);

  const NEED_ACTION = ["play-action", "start-back", "start-on", "start-here", "end-back", "end-on", "end-here",
    "accept", "reject", "restore"];

  let chosen = null;
  let video = null;
  let details = {};
  let queue = [];
  let queued = new Set();

  function tell(message) {
    $("told").textContent = message || "";
  }

  const kept = foundKept.keeper(data, book, tell, () => { refreshAll(); });
  const player = foundPlayer.player(
    $("video"), (message) => { $("video-told").textContent = message; }, showTime, data.around);
  const lanes = foundTimeline.lanes($("lanes"), colourOf, choose, (seconds) => player.seek(seconds));
  const strips = foundTimeline.strips($("strips"), data.videos, colourOf, ofVideo, chooseVideo);

  function ofVideo(name) {
    const states = book.ofVideo(name);
    const found = states.filter((state) => state.kind === "f").map((state) => book.known.get(state.id));
    const isOpen = (item) => item.status === "disagree" && !book.state(item.id).decision;
    return { labels: states.filter(book.isPresent), found, disagree: found.filter(isOpen) };
  }

  // The queue ------------------------------------------------------------------------------------------------------

  const table = vpd.table($("queue"), {
    index: "id", height: "24rem", layout: "fitColumns", data: [],
    columnDefaults: { headerSort: false, headerHozAlign: "left" },
    columns: [
      { title: "Video", field: "video", minWidth: 85, widthGrow: 1 },
      { title: "Time", field: "time", width: 84 },
      { title: "Found", field: "found", minWidth: 100, widthGrow: 2 },
      { title: "Prob.", field: "probability", width: 58, hozAlign: "right" },
      { title: "Labelled", field: "labelled", minWidth: 100, widthGrow: 2 },
      { title: "Status", field: "status", width: 108 },
      { title: "Answer", field: "answer", width: 84 },
    ],
    rowFormatter: (row) => row.getElement().classList.toggle("is-chosen", row.getData().id === chosen),
  });
  table.on("rowClick", (_, row) => {
    choose(row.getData().id);
    $("editor").focus({ preventScroll: true });
  });
  const isBuilt = new Promise((resolve) => { table.on("tableBuilt", resolve); });

  function rowOf(item) {
    return {
      id: item.id,
      video: item.video,
      time: foundItems.clock(item.start),
      found: item.kind === "f" || item.kind === "q" ? item.label : "",
      probability: item.probability === null ? "" : vpd.number(item.probability, 2),
      labelled: item.kind === "n" ? item.label : item.labelled,
      status: item.status,
      answer: answerOf(item.id),
    };
  }

  function answerOf(id) {
    return foundItems.answerOf(book.state(id), book.known.get(id), book.isReplaced(id));
  }

  const fraction = (id) => ($(id).value === "" ? null : Number($(id).value));

  async function filter() {
    const added = [...book.states.values()].filter((state) => state.kind === "n").map(foundItems.added);
    queue = foundItems.chosen([...items, ...added], book, {
      order: $("order").value, status: $("status").value, decision: $("decision").value, label: $("class-filter").value,
      video: $("video-filter").value, least: fraction("least"), most: fraction("most"), search: $("search").value,
    });
    queued = new Set(queue.map((item) => item.id));
    await isBuilt;
    await table.replaceData(queue.map(rowOf));
    $("queue-told").textContent = `${queue.length} of ${items.length + added.length - numPaired} in the queue`;
    reveal();
  }

  // An action that was added, or is there no longer, without a new queue.
  async function listAgain(id) {
    const state = book.state(id);
    if (state && !queued.has(id)) {
      const before = queued.has(chosen) ? chosen : undefined;
      const item = foundItems.added(state);
      queue.splice(queue.findIndex((one) => one.id === before) + 1, 0, item);
      queued.add(id);
      await table.addRow(rowOf(item), before === undefined, before);
    } else if (!state && queued.delete(id)) {
      queue = queue.filter((item) => item.id !== id);
      await table.deleteRow(id);
    }
  }

  // Labels that are seen with what was found.
  const numPaired = items.filter((item) => item.kind === "l" && item.isPaired).length;

  function reveal() {
    if (queued.has(chosen)) vpd.reveal(table, chosen);
  }

  function next(by) {
    const place = queue.findIndex((item) => item.id === chosen);
    const item = queue[place < 0 ? 0 : Math.min(Math.max(place + by, 0), queue.length - 1)];
    if (item) choose(item.id);
  }

  function nextInVideo(by) {
    if (!video) return;
    const states = book.ofVideo(video.name).sort(foundItems.byTime);
    const place = states.findIndex((state) => state.id === chosen);
    const state = states[place < 0 ? 0 : Math.min(Math.max(place + by, 0), states.length - 1)];
    if (state) choose(state.id);
  }

  // What is chosen -------------------------------------------------------------------------------------------------

  async function choose(id) {
    const before = chosen;
    const state = book.state(id);
    if (!state) return;
    chosen = id;
    // At once: while a video's data are loaded, another action may be chosen.
    for (const one of [before, id]) {
      if (queued.has(one)) table.getRow(one).reformat();
    }
    reveal();
    await setVideo(state.video);
    if (chosen !== id) return;
    player.show(video, state, details[id]);
    draw();
    lanes.reveal(state);
  }

  async function chooseVideo(name) {
    chosen = null;
    await setVideo(name);
    player.show(video, null, null);
    draw();
    $("editor").focus();
    $("editor").scrollIntoView();
  }

  async function setVideo(name) {
    if (video && video.name === name) return;
    video = videos.get(name);
    details = {};
    strips.mark(name);
    const shard = await vpd.load(video.shard).catch((error) => { vpd.told(error); return {}; });
    if (video.name === name) details = shard;
  }

  function draw() {
    const state = chosen && book.state(chosen);
    const item = chosen && book.known.get(chosen);
    if (video) {
      lanes.draw(book, book.ofVideo(video.name), video, chosen, (one) =>
        one.id === chosen || one.kind === "n" ? one : book.known.get(one.id));
      lanes.at(player.time());
      $("lanes-told").textContent =
        `${video.name}, ${foundItems.clock(video.duration)}, ${vpd.number(video.fps, 2)} frames/s`;
    }
    $("editor-title").textContent =
      state ? `${state.label} in ${video.name}` : video ? video.name : "No action is chosen";
    $("start-shown").textContent = state ? foundItems.clock(state.start) : "–";
    $("end-shown").textContent = state ? foundItems.clock(state.end) : "–";
    $("class").value = state ? state.label : "";
    $("facts").textContent = state ? factsOf(state, item) : "";
    for (const name of NEED_ACTION) document.querySelector(`[data-do="${name}"]`).disabled = !state;
    $("class").disabled = !state;
  }

  function factsOf(state, item) {
    if (!item) return "Added here.";
    const facts = [];
    const [second, probability, score, nearest] = details[state.id] || [];
    if (item.kind === "l") facts.push(`labelled ${item.label}`);
    else facts.push(`found ${item.label}, probability ${vpd.number(item.probability, 3)}`);
    if (second) facts.push(`next ${second}, ${probability}`);
    if (score) facts.push(`detection ${score}`);
    if (nearest) facts.push(`most like ${nearest}`);
    const label = item.pair && book.known.get(item.pair);
    if (label) facts.push(`labelled ${label.label}, ${foundItems.clock(label.start)}–${foundItems.clock(label.end)}`);
    const answer = answerOf(state.id);
    return `${facts.join("; ")}. ${answer ? `Your answer: ${answer}.` : "No answer yet."}`;
  }

  function showTime(seconds) {
    lanes.at(seconds);
    if (video) $("clock").textContent = `${foundItems.clock(seconds)}, frame ${Math.floor(seconds * video.fps + 1e-3)}`;
  }

  // What is done ---------------------------------------------------------------------------------------------------

  function set(changes, decision = "accepted") {
    const state = chosen && book.state(chosen);
    if (!state) return;
    const edit = { id: chosen, video: state.video, start: state.start, end: state.end, label: state.label };
    book.add({ ...edit, group: state.group || videos.get(state.video).group, ...changes, decision });
    after(state.video);
  }

  function after(name) {
    kept.save();
    for (const state of book.ofVideo(name)) {
      if (!queued.has(state.id)) continue;
      const row = table.getRow(state.id);
      if (row.getData().answer !== answerOf(state.id)) row.update({ answer: answerOf(state.id) });
    }
    strips.redraw(name);
    draw();
    showKept();
  }

  function answer(decision) {
    const state = chosen && book.state(chosen);
    if (!state) return;
    set({}, decision);
    if ($("goes-on").checked && queued.has(chosen)) next(1);
  }

  function nudge(edge, frames) {
    const state = chosen && book.state(chosen);
    if (!state) return;
    const { start, end } = corrections.nudged(state, edge, frames, video);
    if (start === state.start && end === state.end) return;
    set({ start, end });
    player.seek(edge === "start" ? start : end - 1 / video.fps);
  }

  function setHere(edge) {
    const state = chosen && book.state(chosen);
    if (!state) return;
    const here = corrections.timeOf(player.frame() + (edge === "end" ? 1 : 0), video.fps);
    const changed = { ...state, [edge]: Math.min(here, corrections.rounded(video.duration)) };
    if (changed.start < changed.end) set({ start: changed.start, end: changed.end });
    else $("video-told").textContent = "The action would end before it begins: move the other end first.";
  }

  function restore() {
    const item = chosen && book.known.get(chosen);
    if (item) set({ start: item.start, end: item.end, label: item.label }, "");
    else set({}, "rejected");
  }

  // As long as the class's actions are, from the picture that is shown on.
  async function add() {
    if (!video) return;
    const label = (chosen && book.state(chosen).label) || data.classes[0];
    const lengths = items.filter((item) => item.label === label)
      .map((item) => item.end - item.start).sort((a, b) => a - b);
    const length = lengths.length ? lengths[Math.floor(lengths.length / 2)] : 1;
    const start = corrections.timeOf(player.frame(), video.fps);
    const end = Math.min(corrections.rounded(start + length), corrections.rounded(video.duration));
    if (!(start < end)) return;
    const id = book.newId();
    book.add({ id, video: video.name, start, end, label, group: video.group, decision: "accepted" });
    after(video.name);
    await listAgain(id);
    choose(id);
  }

  async function undo(step) {
    const edit = book[step]();
    if (!edit) return;
    const isThere = Boolean(book.state(edit.id));
    if (!isThere && chosen === edit.id) chosen = null;
    if (!book.known.has(edit.id)) await listAgain(edit.id);
    after(edit.video);
    if (isThere && chosen !== edit.id) choose(edit.id);
  }

  const csvOf = (text) => new Blob([text], { type: "text/csv;charset=utf-8" });

  function download() {
    const rows = book.rows();
    if (!rows.length) return tell("There is nothing to write: what you did changes no label.");
    vpd.download("corrections.csv", csvOf(corrections.csv(rows)));
    tell(null);
  }

  function forget() {
    if (!book.edits.length || !confirm(`Forget ${book.edits.length} steps of correction in this browser?`)) return;
    book.replaceAll([]);
    if (chosen && !book.state(chosen)) chosen = null;
    kept.save();
    refreshAll();
  }

  function showKept() {
    const rows = book.rows();
    const answers = [...book.states.values()].filter((state) => state.decision).length;
    $("kept").textContent = `Answers: ${answers}; rows for corrections.csv: ${rows.length}.`;
  }

  function refreshAll() {
    if (chosen && !book.state(chosen)) chosen = null;
    strips.redrawAll();
    draw();
    showKept();
    return filter();
  }

  // Buttons and keys -----------------------------------------------------------------------------------------------

  function zoom(factor) {
    lanes.zoomBy(factor);
    draw();
    if (chosen) lanes.reveal(book.state(chosen));
  }

  const acts = {
    "frame-back": () => player.step(-1), "frame-on": () => player.step(1),
    "second-back": () => video && player.step(-Math.round(video.fps)),
    "second-on": () => video && player.step(Math.round(video.fps)),
    play: () => player.toggle(), "play-action": () => chosen && player.playSegment(book.state(chosen)),
    "start-back": () => nudge("start", -1), "start-on": () => nudge("start", 1), "start-here": () => setHere("start"),
    "end-back": () => nudge("end", -1), "end-on": () => nudge("end", 1), "end-here": () => setHere("end"),
    accept: () => answer("accepted"), reject: () => answer("rejected"), add, restore,
    undo: () => undo("undo"), redo: () => undo("redo"), download, forget,
    next: () => next(1), previous: () => next(-1),
    "next-here": () => nextInVideo(1), "previous-here": () => nextInVideo(-1),
    "zoom-in": () => zoom(1.5), "zoom-out": () => zoom(1 / 1.5),
    search: () => $("search").focus(), class: () => $("class").focus(),
  };
  const keys = {
    " ": "play", p: "play-action", ",": "frame-back", ".": "frame-on", ArrowLeft: "frame-back", ArrowRight: "frame-on",
    q: "start-back", w: "start-on", e: "end-back", r: "end-on", i: "start-here", o: "end-here", c: "class",
    Enter: "accept", x: "reject", Delete: "reject", n: "add", z: "restore", u: "undo", U: "redo",
    j: "next", k: "previous", h: "previous-here", l: "next-here", "+": "zoom-in", "=": "zoom-in", "-": "zoom-out", "/": "search", s: "download",
  };

  const isTyping = (element) => element.matches("select, textarea, input:not([type=checkbox])");
  const ownKeys = (element) => element.matches("button, a, summary, input");

  addEventListener("keydown", (event) => {
    const target = event.target instanceof Element ? event.target : document.body;
    if (event.key === "Escape" && isTyping(target)) return $("editor").focus({ preventScroll: true });
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z" && !isTyping(target)) {
      event.preventDefault();
      return acts[event.shiftKey ? "redo" : "undo"]();
    }
    if (event.ctrlKey || event.metaKey || event.altKey || !$("keys-on").checked || isTyping(target)) return undefined;
    // Space and Enter are a button's own.
    if ((event.key === " " || event.key === "Enter") && ownKeys(target)) return undefined;
    const number = "123456789".indexOf(event.key);
    const second = event.shiftKey && { ArrowLeft: "second-back", ArrowRight: "second-on" }[event.key];
    const act = second || keys[event.key] || keys[event.key.toLowerCase()];
    if (number >= 0 && data.classes[number] !== undefined) set({ label: data.classes[number] });
    else if (act) acts[act]();
    else return undefined;
    event.preventDefault();
    return undefined;
  });

  for (const button of document.querySelectorAll("[data-do]")) {
    button.addEventListener("click", (event) => {
      acts[button.dataset.do]();
      // After a click, not after a key, the keys are the editor's again.
      if (event.detail > 0) $("editor").focus({ preventScroll: true });
    });
  }
  $("class").addEventListener("change", () => {
    set({ label: $("class").value });
    $("editor").focus({ preventScroll: true });
  });
  $("filters").addEventListener("submit", (event) => event.preventDefault());
  let typing = 0;
  $("filters").addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(filter, 150);
  });
  $("file").addEventListener("change", () => {
    player.pick([...$("file").files], data.videos);
    $("editor").focus({ preventScroll: true });
  });

  function showEarlier() {
    $("earlier").replaceChildren(...kept.earlier().map(([name, text]) => vpd.h("p", { class: "note" },
      "Corrections that you made on earlier pages of this dataset, of other data, are kept in this browser. ",
      vpd.h("button", {
        type: "button", click: () => vpd.download("corrections_before.csv", csvOf(text)),
      }, "Download"), " ",
      vpd.h("button", {
        type: "button",
        click: () => {
          if (!confirm("Forget these earlier corrections?")) return;
          kept.forgetEarlier(name);
          showEarlier();
        },
      }, "Forget"))));
  }

  const options = (select, names) => select.append(...names.map((name) => vpd.h("option", { value: name }, name)));
  $("class").append(...data.classes.map((name, number) =>
    vpd.h("option", { value: name }, number < 9 ? `${number + 1} ${name}` : name)));
  options($("class-filter"), data.classes);
  options($("video-filter"), data.videos.map((one) => one.name));
  if (items.some((item) => item.asked)) $("order").value = "asked";
  kept.start();
  showEarlier();
  await refreshAll();
  if (queue.length) choose(queue[0].id);
})().catch(vpd.told);
