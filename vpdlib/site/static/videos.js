// The list of videos: rows are drawn as they come into view, and curves are loaded then, by shard.
"use strict";

(() => {
  const { h, load, number } = vpd;
  const byId = (id) => document.getElementById(id);
  const SVG = "http://www.w3.org/2000/svg";
  const FIELDS = ["video", "split", "group", "length", "fps", "size", "frames", "followed", "kept", "actions", "problems",
    "partly"];
  const CONTROLS = ["search", "split", "with-problems", "partly"];
  let perShard = 1;
  let places = new Map();
  // The place of the video that is shown; null where none is.
  let shown = null;

  const detailsOf = async (place) => (await load(`videos_${Math.floor(place / perShard)}`))[place % perShard];

  function svg(tag, attributes, ...children) {
    const element = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  }

  // The line of a curve, broken where there is no score; x from 0 to 100, y down from 20.
  function lineOf(curve) {
    let path = "";
    let isOpen = false;
    curve.forEach((score, index) => {
      if (score !== null) {
        const x = (100 * (index + 0.5) / curve.length).toFixed(2);
        path += `${isOpen ? "L" : "M"}${x} ${(19 - 18 * score / 100).toFixed(2)}`;
      }
      isOpen = score !== null;
    });
    return path;
  }

  function spark(details) {
    // One path for all actions: a list has many of them.
    const band = ([, start, end]) => {
      const [x, width] = [100 * start / details.end, Math.max(0.5, 100 * (end - start) / details.end)];
      return `M${x.toFixed(2)} 0h${width.toFixed(2)}v20h-${width.toFixed(2)}z`;
    };
    const bands = details.actions.length ? [svg("path", { class: "action", d: details.actions.map(band).join("") })] : [];
    const line = details.curve ? [svg("path", { class: "score", d: lineOf(details.curve) })] : [];
    return svg("svg", {
      class: "spark", viewBox: "0 0 100 20", preserveAspectRatio: "none", "aria-hidden": "true",
    }, ...bands, ...line);
  }

  function sparkCell(cell) {
    const holder = h("div");
    detailsOf(cell.getData().place).then((details) => holder.replaceChildren(spark(details))).catch(vpd.told);
    return holder;
  }

  const linkTo = (name) => h("a", { href: `#${encodeURIComponent(name)}`, "data-id": name }, name);

  function columns() {
    const right = { hozAlign: "right", sorter: "number" };
    const percent = (cell) => document.createTextNode(number(cell.getValue()));
    const seconds = (cell) => document.createTextNode(number(cell.getValue(), 2));
    // Widths are given: measuring cells for them makes a long list slow.
    const all = [
      { title: "video", field: "video", formatter: (cell) => linkTo(cell.getValue()), width: 120, frozen: innerWidth > 600 },
      { title: "score over time", field: "place", formatter: sparkCell, headerSort: false, width: 140 },
      { title: "split", field: "split", width: 72 },
      { title: "group", field: "group", width: 125 },
      { title: "length, s", field: "length", width: 112, ...right, formatter: seconds },
      { title: "followed, %", field: "followed", width: 138, ...right, formatter: percent },
      { title: "partly lost", field: "partly", width: 128, ...right },
      { title: "kept, %", field: "kept", width: 106, ...right, formatter: percent },
      { title: "actions", field: "actions", width: 106, ...right },
      { title: "problems", field: "problems", width: 120, ...right },
    ];
    const { kept, tracks } = byId("list").dataset;
    return all.filter(({ field }) => (field !== "kept" || kept) && (field !== "partly" || tracks));
  }

  function filterOf() {
    const text = byId("search").value.trim().toLowerCase();
    const [split, problems] = [byId("split").value, byId("with-problems").checked];
    const partly = Boolean(byId("partly")) && byId("partly").checked;
    return (row) => (!text || row.video.toLowerCase().includes(text) || row.group.toLowerCase().includes(text)) &&
      (!split || row.split === split) && (!problems || row.problems > 0) && (!partly || row.partly > 0);
  }

  function facts(row, details) {
    const one = (name, value) => h("div", {}, h("dt", {}, name), h("dd", {}, value));
    return h("dl", { class: "runs" },
      one("split, group", `${row.split || "–"}, ${row.group || "–"}${details.athlete ? `, ${details.athlete} athlete` : ""}`),
      one("length", `${number(row.length, 2)} s, ${row.fps} frames a second, ${row.size} px`),
      one("athlete", row.frames === null ? "no track yet" : `followed in ${number(row.followed)} % of ${row.frames} frames`),
      row.kept === null ? null : one("weak labels", `${number(row.kept)} % of the frames with the athlete are kept`));
  }

  function chart(element, row, details) {
    if (!details.curve) {
      element.replaceChildren();
      return;
    }
    const xs = details.curve.map((_, index) => Number((details.end * (index + 0.5) / details.curve.length).toFixed(3)));
    charts.draw(element, {
      label: `Score over time of ${row.video}`, xLabel: "time, s", yLabel: "score", xs, yRange: [0, 1], digits: 2, height: 220,
      xRange: [0, details.end], spans: details.actions.map(([, start, end, label]) => [start, end, label]),
      spansName: "labelled action", files: `score_${row.video}`,
      series: [{ name: "score", ys: details.curve.map((score) => (score === null ? null : score / 100)), gaps: true }],
    });
  }

  function problemsOf(details) {
    if (!details.problems.length) return [];
    const items = details.problems.map(([stage, start, end, problem, remedy]) =>
      h("li", {}, `${stage}${start ? `, ${start}–${end} s` : ""}: ${problem}. ${remedy}`));
    return [h("h3", {}, "Problems"), h("ul", { class: "problems" }, items)];
  }

  // The video itself, from where it lay when the site was built, with the picture of one of its clips until it plays.
  function playerOf(row, details, index) {
    if (!details.source) return { elements: [h("p", { class: "note" }, "Keypoints stand in for this video.")], play: null };
    const pictured = details.actions.find((action) => index[action[7]] && index[action[7]][7]);
    const video = h("video", {
      controls: true, preload: "none", playsinline: true, src: details.source, "aria-label": `Video ${row.video}`,
      poster: pictured ? `${vpd.root}/clips/${encodeURIComponent(pictured[0])}.jpg` : null,
    });
    const told = h("p", { class: "note", role: "status" });
    video.addEventListener("error", () => {
      told.textContent = `${decodeURIComponent(details.source)} is not there, or this browser does not play it: it lay there ` +
        "when the site was built. The page of each action has its clip.";
    });
    let until = Infinity;
    video.addEventListener("pause", () => { until = Infinity; });
    video.addEventListener("timeupdate", () => { if (video.currentTime >= until) video.pause(); });
    function play(start, end) {
      video.currentTime = start;
      // A video that cannot be played says so by its event.
      video.play().then(() => { until = end; }).catch(() => {});
      video.scrollIntoView({ block: "nearest" });
    }
    return { elements: [video, told], play };
  }

  // What the heads took an action for: how many rightly, and each wrong class with those that named it.
  function answersIn(place, label, told) {
    const asked = actionList.answersOf(told, place);
    if (!asked.length) return h("td", {}, "–");
    const wrong = new Map();
    for (const { column, named } of asked) {
      if (named !== label) wrong.set(named, [...(wrong.get(named) || []), told.columns[column].join(" ")]);
    }
    const right = asked.filter(({ named }) => named === label).length;
    return h("td", { class: "answers" }, h("div", { class: wrong.size ? null : "good" }, `${right} of ${asked.length} right`),
      [...wrong].map(([other, heads]) => h("div", { class: "bad" }, `✗ ${other}: ${heads.join(", ")}`)));
  }

  function followedIn(seen, frames) {
    if (!frames) return h("td", {}, "–");
    return seen === frames ? h("td", {}, "wholly")
      : h("td", { class: "followed bad" }, `partly not: ${frames - seen} of ${frames} frames`);
  }

  function actionsOf(details, told, play) {
    if (!details.actions.length) return [h("p", { class: "note" }, "No labelled actions.")];
    const name = (id) => (byId("video").dataset.hasActions
      ? h("a", { href: `${vpd.root}/pages/action.html#${encodeURIComponent(id)}` }, id) : id);
    const button = (id, start, end) => (play ? h("td", {}, h("button", {
      type: "button", class: "play", "aria-label": `Play ${id}`, click: () => play(start, end),
    }, "▶")) : null);
    const rows = details.actions.map(([id, start, end, label, split, seen, frames, place]) => h("tr", {},
      h("th", { scope: "row" }, name(id)), button(id, start, end), h("td", {}, number(start, 2)), h("td", {}, number(end, 2)),
      h("td", { class: "words" }, label), h("td", { class: "text" }, split), followedIn(seen, frames),
      told.columns.length ? answersIn(place, label, told) : null));
    const heads = ["action", play ? "play" : null, "start, s", "end, s", "class", "split", "followed",
      told.columns.length ? "answers" : null];
    return [h("h3", {}, "Actions"), h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Actions" },
      h("table", { class: "plain actions" },
        h("thead", {}, h("tr", {}, heads.filter(Boolean).map((text) =>
          h("th", { scope: "col", class: ["class", "answers"].includes(text) ? "words" : text === "split" ? "text" : null }, text)))),
        h("tbody", {}, rows)))];
  }

  function mark(table, place, is) {
    const row = place === null ? false : table.getRow(place);
    if (row) row.getElement().classList.toggle("chosen", is);
  }

  // The video of the address, videos.html#<video>.
  async function showChosen(rows, table, name) {
    const place = places.has(name) ? places.get(name) : null;
    const section = byId("video");
    mark(table, shown, false);
    mark(table, place, true);
    shown = place;
    // Rows that are drawn by it are marked by what is shown.
    if (place !== null) vpd.reveal(table, place);
    section.hidden = true;
    byId("unknown").textContent = name && place === null ? `There is no video ${name}: choose one of the list.` : "";
    if (place === null) return;
    const hasActions = section.dataset.hasActions;
    const [details, index, told] = await Promise.all([detailsOf(place),
      hasActions ? load("action_index") : [], hasActions ? load("action_answers") : { columns: [], answers: [], classes: [] }]);
    if (shown !== place) return;
    const row = rows[place];
    const { elements, play } = playerOf(row, details, index);
    section.hidden = false;
    byId("video-title").textContent = row.video;
    byId("video-facts").replaceChildren(facts(row, details));
    byId("video-player").replaceChildren(...elements);
    byId("video-problems").replaceChildren(...problemsOf(details));
    byId("video-actions").replaceChildren(...actionsOf(details, told, play));
    chart(byId("video-chart"), row, details);
    section.focus();
    section.scrollIntoView({ block: "start" });
  }

  // What controls and headings say, for the address.
  function chosenNow(table) {
    const chosen = vpd.read(CONTROLS);
    chosen.set(vpd.SORT, vpd.sortedBy(table));
    return chosen;
  }

  async function start() {
    const data = await load("videos");
    perShard = data.per_shard;
    const rows = data.rows.map((values, place) =>
      Object.assign({ place }, Object.fromEntries(FIELDS.map((field, index) => [field, values[index]]))));
    places = new Map(rows.map((row) => [row.video, row.place]));
    const { item, chosen } = vpd.address();
    vpd.fill(CONTROLS, chosen);
    const table = vpd.table(byId("list"), {
      label: "Videos", layout: "fitData",
      data: rows, columns: columns(), index: "place", rowHeight: 36,
      by: vpd.sortOf(chosen),
      rowFormatter: (row) => row.getElement().classList.toggle("chosen", row.getData().place === shown),
    });
    const filter = () => table.setFilter(filterOf());
    const keep = () => vpd.keep(vpd.address().item, chosenNow(table));
    table.on("dataFiltered", (_, filtered) => { byId("count").textContent = `${filtered.length} of ${rows.length} shown`; });
    const change = () => { filter(); keep(); };
    const follow = () => {
      const now = vpd.address();
      vpd.fill(CONTROLS, now.chosen);
      // Before the filter, after which the table's own order is what the address says.
      vpd.sort(table, vpd.sortOf(now.chosen));
      filter();
      showChosen(rows, table, now.item).catch(vpd.told);
    };
    table.on("tableBuilt", () => {
      table.on("dataSorted", keep);
      for (const id of CONTROLS) {
        if (byId(id)) byId(id).addEventListener("input", change);
      }
      vpd.leading(byId("list"), (name) => vpd.addressOf(name, chosenNow(table)));
      addEventListener("hashchange", follow);
      filter();
      showChosen(rows, table, item).catch(vpd.told);
    });
  }

  start().catch(vpd.told);
})();
