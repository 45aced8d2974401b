// One action: its clip with what is drawn over it, its answers, the nearest actions and how their frames match.
"use strict";

(() => {
  const { h } = vpd;
  const FIRST_CLASSES = 12;
  const control = (id) => document.getElementById(id);
  let index = [];
  let about = null;
  const placeOf = new Map();
  // The list whose order the steps go in: what the address says of it, and its places.
  let list = { key: null, places: [] };
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

  // The places of the list that the address tells of; all where it tells of none.
  async function placesOf(chosen) {
    const all = index.map((_, place) => place);
    if (!actionList.isNarrowed(chosen)) return all;
    const key = actionList.NAMES.map((name) => chosen.get(name)).join("\n");
    if (list.key !== key) {
      const told = await vpd.load("action_answers");
      const rows = actionList.shown(actionList.rowsOf(index, told), chosen, told.columns);
      list = { key, places: rows.map((row) => row.at) };
    }
    return list.places;
  }

  // Links of the page keep the list and what is drawn.
  const addressFor = (id) => vpd.addressOf(id, vpd.address().chosen);

  const linkTo = (id) => h("a", { href: addressFor(id), "data-id": id }, id);

  // The actions before and after this one in the list, or among all where it is not of the list.
  function showSteps(place, places) {
    const { chosen } = vpd.address();
    const at = places.indexOf(place);
    const isOf = at >= 0;
    const [before, after] = isOf ? [places[at - 1], places[at + 1]] : [place - 1, place + 1];
    for (const [link, other] of [["before", before], ["after", after]]) {
      const known = index[other];
      control(link).toggleAttribute("data-id", Boolean(known));
      if (known) Object.assign(control(link), { href: addressFor(known[0]) }).dataset.id = known[0];
      else control(link).removeAttribute("href");
    }
    control("all").href = `actions.html${vpd.addressOf(index[place][0], chosen)}`;
    const narrowed = actionList.isNarrowed(chosen);
    control("step").textContent = !isOf ? "not in the list that was chosen: the steps go through all actions"
      : narrowed ? `${at + 1} of ${places.length} in the list` : `${at + 1} of ${places.length}`;
  }

  // The controls of what is drawn, once for all clips of the page; the address keeps what is not as at first.
  function drawControls() {
    const pose = h("select", { id: "pose" }, h("option", { value: "" }, "none"),
      about.poses.map((name) => h("option", { value: name }, name === "teacher" ? "teacher" : `student ${name}`)));
    const first = about.poses[0] || "";
    const box = h("input", { type: "checkbox", id: "box" });
    const speed = h("select", { id: "speed" }, [["1", "as filmed"], ["0.5", "half"], ["0.25", "a quarter"]].map(
      ([value, text]) => h("option", { value }, text)));
    const draw = () => {
      Object.assign(vpdPlayer.drawing, { pose: pose.value, box: box.checked, speed: Number(speed.value) });
      vpdPlayer.redraw();
    };
    const follow = () => {
      const { chosen } = vpd.address();
      const wanted = chosen.get("pose") === "none" ? "" : chosen.get("pose");
      pose.value = wanted === "" || about.poses.includes(wanted) ? wanted : first;
      box.checked = chosen.get("box") !== "no";
      speed.value = ["0.5", "0.25"].includes(chosen.get("speed")) ? chosen.get("speed") : "1";
      draw();
    };
    const changed = () => {
      const { item, chosen } = vpd.address();
      const told = {
        pose: pose.value === first ? "" : pose.value || "none", box: box.checked ? "" : "no",
        speed: speed.value === "1" ? "" : speed.value,
      };
      for (const [name, value] of Object.entries(told)) chosen.set(name, value);
      vpd.keep(item, chosen);
      draw();
    };
    vpdPlayer.drawing.skeleton = about;
    follow();
    addEventListener("hashchange", follow);
    control("legend").hidden = !about.poses.length;
    control("drawing").append(h("label", {}, "Skeleton of", pose), h("label", {}, "Speed", speed),
      h("label", { class: "tick" }, box, "Box"));
    control("drawing").addEventListener("input", changed);
    control("drawing").addEventListener("submit", (event) => event.preventDefault());
  }

  function showFacts(place, action) {
    const [id, video, start, end, label, split] = index[place];
    document.title = `${id} · ${document.title.split(" · ").pop()}`;
    control("what").textContent = `${label}: ${id}`;
    const time = `${vpd.number(start, 2)} to ${vpd.number(end, 2)} s`;
    const film = about.has_videos ? h("a", { href: `videos.html#${encodeURIComponent(video)}` }, video) : video;
    const facts = { class: label, video: film, time, split, group: action.group, athlete: followedIn(action) };
    control("facts").replaceChildren(...Object.entries(facts).filter(([, shows]) => shows)
      .flatMap(([name, shows]) => [h("dt", {}, name), h("dd", {}, shows)]));
  }

  // In how many of its frames the athlete is followed, and when not.
  function followedIn({ followed }) {
    if (!followed || !followed[0]) return null;
    const [frames, seen, gaps] = followed;
    if (seen === frames) return `followed in all ${frames} frames`;
    const when = gaps.slice(0, 5).map(([from, to]) => `${vpd.number(from, 2)} to ${vpd.number(to, 2)} s`).join(", ");
    const more = gaps.length > 5 ? ` and ${gaps.length - 5} more stretches` : "";
    return h("span", { class: "bad" }, `partly not followed: ${frames - seen} of ${frames} frames, ${when}${more}`);
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

  // A probability with a bar below it, as long for the same value in every column; an empty list of them is of an athlete who was not seen.
  function cellOf(numbers, at, isBest, isTrue) {
    if (!numbers.length) return h("td", {}, isTrue ? "✗ not seen" : "");
    const mark = isBest ? (isTrue ? "✓ " : "✗ ") : "";
    return h("td", { class: isBest ? "named" : null }, mark, vpd.number(numbers[at], 2),
      h("span", { class: "share", "aria-hidden": "true" }, h("span", { style: `width: ${100 * numbers[at]}%` })));
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
      otherwise(name, found), shelf);
    if (player) player.told = (frame) => followed(block, frame);
    const first = cards.find((card) => card.path);
    if (first) choose(block, first);
    return element;
  }

  // Where a head that searches the nearest training action answers another class than the nearest one of the list has.
  function otherwise(name, found) {
    const near = found.found.find(([other]) => index[other][5] === "train");
    if (!near) return null;
    const label = index[near[0]][4];
    const told = about.columns.flatMap(([features, head], at) => {
      const numbers = found.probabilities[at];
      if (features !== name || !about.searching.includes(head) || !numbers || !numbers.length) return [];
      const named = about.classes[numbers.indexOf(Math.max(...numbers))];
      return named === label ? [] : [`The head ${head} answers ${named}, though the nearest training action here is of `
        + `${label}: it takes the least of the four distances of two actions and their mirror images.`];
    });
    return told.length ? h("p", { class: "note" }, told.join(" ")) : null;
  }

  function cardOf(place, near, rank, clip, path) {
    const [other, distance] = near;
    const [id, , , , label] = index[other];
    const same = label === index[place][4];
    const player = playerOf(other, clip, `number ${rank + 1}: ${id}`);
    const element = h("div", { class: "card" }, player ? player.element : noClip(),
      h("p", {}, `${rank + 1}. `, linkTo(id)),
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
        nearestOf(name, place, { ...action.nearest[name], probabilities: action.probabilities }, turn).then((element) => {
          if (element) entry.target.replaceChildren(element);
        }).catch(vpd.told);
      }
    }, { rootMargin: "300px" });
    target.replaceChildren(...sets.map((name) => {
      const room = h("div", { "data-name": name, style: "min-height: 20rem" });
      watch.observe(room);
      return room;
    }));
  }

  async function show() {
    const turn = ++shown;
    const { item, chosen } = vpd.address();
    // Where the list cannot be had, which is told, the steps go through all.
    const places = await placesOf(chosen).catch(() => index.map((_, place) => place));
    if (turn !== shown) return;
    const id = item || index[places.length ? places[0] : 0][0];
    control("problem").textContent = "";
    if (!placeOf.has(id)) {
      control("problem").textContent = `There is no action ${id}: choose one of the list.`;
      return;
    }
    const place = placeOf.get(id);
    const [shard, clip] = await Promise.all([vpd.load(`action_${Math.floor(place / about.per_shard)}`), clipOf(place)]);
    if (turn !== shown) return;
    vpdPlayer.forget();
    const action = shard[place % about.per_shard];
    showFacts(place, action);
    showSteps(place, places);
    const player = playerOf(place, clip, "clip of this action");
    control("clip").replaceChildren(player ? player.element : noClip());
    showAnswers(place, action);
    showNearest(place, action, turn);
  }

  async function start() {
    [index, about] = await Promise.all([vpd.load("action_index"), vpd.load("action_about")]);
    index.forEach(([id], place) => placeOf.set(id, place));
    drawControls();
    vpd.leading(control("main"), addressFor);
    addEventListener("hashchange", () => { show().catch(vpd.told); scrollTo(0, 0); });
    await show();
  }

  start().catch(vpd.told);
})();
