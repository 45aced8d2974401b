// One action: its clip with what is drawn over it, its answers, the nearest actions and how their frames match.
"use strict";

(() => {
  const { h } = vpd;
  const FIRST_CLASSES = 12;
  const control = (id) => document.getElementById(id);
  let index = [];
  let about = null;
  const placeOf = new Map();
  // Counts the actions shown: what was loaded for an earlier one is not put into the page of a later one.
  let shown = 0;

  // What is drawn over an action's clip; null where it has none.
  async function clipOf(place) {
    if (!index[place][6]) return null;
    const shard = await vpd.load(`action_clip_${Math.floor(place / about.per_clip_shard)}`);
    return shard[place % about.per_clip_shard];
  }

  function playerOf(place, clip, name) {
    return clip ? vpdPlayer.create(index[place][0], clip, name) : null;
  }

  const noClip = () => h("p", { class: "no-clip" }, "no clip");

  // The controls of what is drawn, once for all clips of the page.
  function drawControls() {
    const pose = h("select", { id: "pose" }, h("option", { value: "" }, "none"),
      about.poses.map((name) => h("option", { value: name }, name === "teacher" ? "teacher" : `student ${name}`)));
    pose.value = about.poses[0] || "";
    const box = h("input", { type: "checkbox", checked: true });
    const changed = () => {
      Object.assign(vpdPlayer.drawing, { pose: pose.value, box: box.checked });
      vpdPlayer.redraw();
    };
    vpdPlayer.drawing.skeleton = about;
    changed();
    control("legend").hidden = !about.poses.length;
    control("drawing").append(h("label", {}, "Skeleton of", pose), h("label", { class: "tick" }, box, "Box"));
    control("drawing").addEventListener("input", changed);
    control("drawing").addEventListener("submit", (event) => event.preventDefault());
  }

  function showFacts(place, action) {
    const [id, video, start, end, label, split] = index[place];
    document.title = `${id} · ${document.title.split(" · ").pop()}`;
    control("what").textContent = `${label}: ${id}`;
    const time = `${vpd.number(start, 2)} to ${vpd.number(end, 2)} s`;
    const facts = { class: label, video, time, split, group: action.group };
    control("facts").replaceChildren(...Object.entries(facts).filter(([, text]) => text)
      .flatMap(([name, text]) => [h("dt", {}, name), h("dd", {}, text)]));
    for (const [link, other] of [["before", place - 1], ["after", place + 1]]) {
      if (index[other]) control(link).href = `#${encodeURIComponent(index[other][0])}`;
      else control(link).removeAttribute("href");
    }
  }

  // The probabilities: a row for each class, the likely ones first, a column for each feature set and head.
  function showAnswers(place, action) {
    const target = control("answers");
    if (!target) return;
    const asked = about.columns.map((_, at) => at).filter((at) => action.probabilities[at] !== null);
    if (!asked.length) {
      target.replaceChildren(h("p", { class: "note" }, "Heads are asked of test actions only."));
      return;
    }
    const given = asked.map((at) => action.probabilities[at]);
    const best = given.map((numbers) => numbers.indexOf(Math.max(...numbers)));
    const most = (at) => Math.max(...given.map((numbers) => numbers[at] || 0));
    const label = index[place][4];
    const order = about.classes.map((_, at) => at)
      .sort((a, b) => (about.classes[b] === label) - (about.classes[a] === label) || most(b) - most(a) || a - b);
    const row = (at) => {
      const isTrue = about.classes[at] === label;
      return h("tr", { class: isTrue ? "true" : null },
        h("th", { scope: "row" }, about.classes[at], isTrue ? " (label)" : ""),
        given.map((numbers, column) => cellOf(numbers, at, best[column] === at, isTrue)));
    };
    const body = h("tbody", {}, order.slice(0, FIRST_CLASSES).map(row));
    const table = h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Probabilities" },
      h("table", { class: "plain answers" },
        h("caption", {}, "Probability of each class: the mean over trials on all training actions; "
          + "of nearest neighbours, the fraction of trials"),
        h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "class"),
          asked.map((at) => h("th", { scope: "col" }, about.columns[at].join(" "))))),
        body));
    target.replaceChildren(table);
    if (order.length > FIRST_CLASSES) {
      const more = h("button", { type: "button", click: () => {
        body.append(...order.slice(FIRST_CLASSES).map(row));
        more.remove();
      } }, `All ${order.length} classes`);
      target.append(more);
    }
  }

  // A probability with a bar behind it; an empty list of them is of an athlete who was not seen.
  function cellOf(numbers, at, isBest, isTrue) {
    if (!numbers.length) return h("td", {}, isTrue ? "✗ not seen" : "");
    const bar = `background: linear-gradient(to right, var(--line) ${100 * numbers[at]}%, transparent 0)`;
    const mark = isBest ? (isTrue ? "✓ " : "✗ ") : "";
    return h("td", { style: bar, class: isBest ? "named" : null }, mark, vpd.number(numbers[at], 2));
  }

  // The last of rising frame numbers that is not after a frame.
  function lastUpTo(numbers, frame) {
    let at = 0;
    while (at + 1 < numbers.length && numbers[at + 1] <= frame) at += 1;
    return at;
  }

  // What an action's frames and a near one's are to each other, by their path.
  function pathOf(frames, near) {
    const [, , runs, steps] = near;
    if (steps === null) return null;
    const cells = vpdPath.cells(steps);
    return { cells, frames, others: vpdPath.frames(runs), cellOf: (q) => cells.findIndex(([own]) => own === q) };
  }

  // The five nearest of a feature set beside the action, and the path of the one that is chosen.
  async function nearestOf(name, place, found, turn) {
    const frames = vpdPath.frames(found.frames);
    const [own, ...others] = await Promise.all([place, ...found.found.map(([other]) => other)].map(clipOf));
    if (turn !== shown) return null;
    const player = playerOf(place, own, "this action");
    const cards = found.found.map((near, rank) => cardOf(place, near, rank, others[rank], pathOf(frames, near)));
    const shelf = h("div", { class: "path" });
    const block = { name, place, player, own, frames, cards, shelf, chosen: null };
    for (const card of cards) {
      if (card.path) card.element.append(card.button = h("button", {
        type: "button", "aria-pressed": "false", click: () => choose(block, card),
      }, "Path"));
    }
    const inStep = cards.some((card) => card.path && card.player) && player
      ? h("button", { type: "button", click: () => playInStep(block) }, "Play in step") : null;
    const mine = h("div", { class: "card own" },
      player ? player.element : noClip(), h("p", {}, h("b", {}, "this action")));
    const element = h("section", { "aria-label": `Nearest by ${name}` },
      h("div", { class: "title" }, h("h3", {}, `By ${name}`), inStep),
      h("div", { class: "row", tabindex: "0", role: "group", "aria-label": `This action and its nearest by ${name}` },
        mine, cards.map((card) => card.element)),
      shelf);
    if (player) player.told = (frame) => followed(block, frame);
    const first = cards.find((card) => card.path);
    if (first) choose(block, first);
    return element;
  }

  function cardOf(place, near, rank, clip, path) {
    const [other, distance] = near;
    const [id, , , , label] = index[other];
    const same = label === index[place][4];
    const player = playerOf(other, clip, `number ${rank + 1}: ${id}`);
    const element = h("div", { class: "card" }, player ? player.element : noClip(),
      h("p", {}, `${rank + 1}. `, h("a", { href: `#${encodeURIComponent(id)}` }, id)),
      h("p", { class: same ? "good" : "bad" }, `${same ? "✓" : "✗"} ${label}`),
      h("p", { class: "note" }, `distance ${distance}`));
    return { id, place: other, clip, path, player, element };
  }

  // Shows the path of a near action, with a slider that goes along it.
  function choose(block, card) {
    block.chosen = card;
    for (const one of block.cards) {
      one.element.classList.toggle("chosen", one === card);
      if (one.button) one.button.setAttribute("aria-pressed", String(one === card));
    }
    const { cells } = card.path;
    const text = h("output", {});
    const slider = h("input", { type: "range", min: 0, max: cells.length - 1, value: 0, step: 1 });
    const plot = vpdPath.plot(cells, `How frames of this action and of ${card.id} match`, (at) => go(at, true));
    function go(at, seek) {
      slider.value = at;
      plot.mark(at);
      text.textContent = described(block, card, cells[at]);
      if (seek) showBoth(block, card, cells[at]);
    }
    slider.addEventListener("input", () => go(Number(slider.value), true));
    block.go = (at) => go(at, false);
    block.shelf.replaceChildren(plot.element,
      h("div", { class: "at" }, h("label", {}, `Along the path to ${card.id}`, slider), text));
    go(0, false);
  }

  const secondsOf = (clip, frame) => {
    const at = clip ? frame - clip.first : -1;
    return clip && clip.ms[at] !== undefined ? ` (${vpd.number(clip.ms[at] / 1000, 2)} s of its clip)` : "";
  };

  function described(block, card, [q, n]) {
    return `Frame ${q + 1} of this action${secondsOf(block.own, block.frames[q])} matches frame ${n + 1} of `
      + `${card.id}${secondsOf(card.clip, card.path.others[n])}.`;
  }

  function showBoth(block, card, [q, n]) {
    if (block.player) {
      block.player.video.pause();
      block.player.show(block.frames[q] - block.own.first);
    }
    if (card.player) {
      card.player.video.pause();
      card.player.show(card.path.others[n] - card.clip.first);
    }
  }

  // While the action's own clip plays, those of near actions show the frames that match.
  function followed(block, frame) {
    if (block.player.video.paused && !block.player.video.ended) return;
    const q = lastUpTo(block.frames, frame + block.own.first);
    for (const card of block.cards) {
      if (!card.path) continue;
      const at = card.path.cellOf(q);
      if (card.player) card.player.show(card.path.others[card.path.cells[at][1]] - card.clip.first);
      if (card === block.chosen) block.go(at);
    }
  }

  function playInStep(block) {
    for (const card of block.cards) {
      if (card.player) card.player.video.pause();
      if (card.path && card.player) card.player.show(card.path.others[0] - card.clip.first);
    }
    block.player.video.currentTime = 0;
    block.player.video.play();
  }

  // A feature set's block is filled when it comes near: it loads what is drawn over five clips.
  function showNearest(place, action, turn) {
    const target = control("nearest");
    target.className = "nearest";
    const sets = about.sets.filter((name) => action.nearest[name] && action.nearest[name].found.length);
    if (!sets.length) {
      const why = about.sets.length
        ? "Nothing was looked for with this action." : "Actions were not ranked by retrieval.";
      target.replaceChildren(h("p", { class: "note" }, why));
      return;
    }
    const watch = new IntersectionObserver((entries) => {
      for (const entry of entries.filter((one) => one.isIntersecting)) {
        watch.unobserve(entry.target);
        const name = entry.target.dataset.name;
        nearestOf(name, place, action.nearest[name], turn).then((element) => {
          if (element) entry.target.replaceChildren(element);
        }).catch(tell);
      }
    }, { rootMargin: "300px" });
    target.replaceChildren(...sets.map((name) => {
      const room = h("div", { "data-name": name, style: "min-height: 20rem" });
      watch.observe(room);
      return room;
    }));
  }

  const tell = (error) => { control("problem").textContent = error.message; };

  async function show() {
    const turn = ++shown;
    const id = decodeURIComponent(location.hash.slice(1)) || index[0][0];
    control("problem").textContent = "";
    if (!placeOf.has(id)) {
      tell(new Error(`There is no action ${id}: choose one of the list.`));
      return;
    }
    const place = placeOf.get(id);
    const [shard, clip] = await Promise.all([vpd.load(`action_${Math.floor(place / about.per_shard)}`), clipOf(place)]);
    if (turn !== shown) return;
    vpdPlayer.forget();
    const action = shard[place % about.per_shard];
    showFacts(place, action);
    const player = playerOf(place, clip, "clip of this action");
    control("clip").replaceChildren(player ? player.element : noClip());
    showAnswers(place, action);
    showNearest(place, action, turn);
  }

  async function start() {
    [index, about] = await Promise.all([vpd.load("action_index"), vpd.load("action_about")]);
    index.forEach(([id], place) => placeOf.set(id, place));
    drawControls();
    addEventListener("hashchange", () => { show().catch(tell); scrollTo(0, 0); });
    await show();
  }

  start().catch(tell);
})();
