// The list of videos: rows are drawn as they come into view, and curves are loaded then, by shard.
"use strict";

(() => {
  const { h, load, number } = vpd;
  const byId = (id) => document.getElementById(id);
  const SVG = "http://www.w3.org/2000/svg";
  const FIELDS = ["video", "split", "group", "length", "fps", "size", "frames", "followed", "kept", "actions", "problems"];
  let perShard = 1;
  let places = new Map();

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
    detailsOf(cell.getData().place).then((details) => holder.replaceChildren(spark(details)));
    return holder;
  }

  const linkTo = (name) => h("a", { href: `#${encodeURIComponent(name)}` }, name);

  function columns() {
    const right = { hozAlign: "right", sorter: "number" };
    const percent = (cell) => document.createTextNode(number(cell.getValue()));
    // Widths are given: measuring cells for them makes a long list slow.
    const all = [
      { title: "video", field: "video", formatter: (cell) => linkTo(cell.getValue()), width: 140, frozen: innerWidth > 600 },
      { title: "score over time", field: "place", formatter: sparkCell, headerSort: false, width: 190 },
      { title: "split", field: "split", width: 80 },
      { title: "group", field: "group", width: 150 },
      { title: "length, s", field: "length", width: 115, ...right },
      { title: "followed, %", field: "followed", width: 140, ...right, formatter: percent },
      { title: "kept, %", field: "kept", width: 110, ...right, formatter: percent },
      { title: "actions", field: "actions", width: 110, ...right },
      { title: "problems", field: "problems", width: 125, ...right },
    ];
    return all.filter((column) => column.field !== "kept" || byId("list").dataset.kept);
  }

  function filterOf() {
    const text = byId("search").value.trim().toLowerCase();
    const [split, problems] = [byId("split").value, byId("with-problems").checked];
    return (row) => (!text || row.video.toLowerCase().includes(text) || row.group.toLowerCase().includes(text)) &&
      (!split || row.split === split) && (!problems || row.problems > 0);
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
      xRange: [0, details.end], spans: details.actions.map(([, start, end]) => [start, end]),
      series: [{ name: "score", ys: details.curve.map((score) => (score === null ? null : score / 100)), gaps: true }],
    });
  }

  function problemsOf(details) {
    if (!details.problems.length) return [];
    const items = details.problems.map(([stage, start, end, problem, remedy]) =>
      h("li", {}, `${stage}${start ? `, ${start}–${end} s` : ""}: ${problem}. ${remedy}`));
    return [h("h3", {}, "Problems"), h("ul", { class: "problems" }, items)];
  }

  function actionsOf(details) {
    if (!details.actions.length) return [h("p", { class: "note" }, "No labelled actions.")];
    const name = (id) => (byId("video").dataset.hasActions
      ? h("a", { href: `${vpd.root}/pages/action.html#${encodeURIComponent(id)}` }, id) : id);
    const rows = details.actions.map(([id, start, end, label, split]) => h("tr", {},
      h("th", { scope: "row" }, name(id)), h("td", {}, number(start, 2)), h("td", {}, number(end, 2)),
      h("td", {}, label), h("td", {}, split)));
    const heads = ["action", "start, s", "end, s", "label", "split"].map((text) => h("th", { scope: "col" }, text));
    return [h("h3", {}, "Actions"), h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Actions" },
      h("table", { class: "plain" }, h("thead", {}, h("tr", {}, heads)), h("tbody", {}, rows)))];
  }

  // The video of the address, videos.html#<video>.
  async function showChosen(rows) {
    const name = decodeURIComponent(location.hash.slice(1));
    const place = places.get(name);
    const section = byId("video");
    section.hidden = place === undefined;
    if (place === undefined) return;
    const details = await detailsOf(place);
    const row = rows[place];
    byId("video-title").textContent = row.video;
    byId("video-facts").replaceChildren(facts(row, details));
    byId("video-problems").replaceChildren(...problemsOf(details));
    byId("video-actions").replaceChildren(...actionsOf(details));
    chart(byId("video-chart"), row, details);
    section.focus();
    section.scrollIntoView({ block: "start" });
  }

  async function start() {
    const data = await load("videos");
    perShard = data.per_shard;
    const rows = data.rows.map((values, place) =>
      Object.assign({ place }, Object.fromEntries(FIELDS.map((field, index) => [field, values[index]]))));
    places = new Map(rows.map((row) => [row.video, row.place]));
    const table = vpd.table(byId("list"), {
      label: "Videos", layout: "fitData",
      data: rows, columns: columns(), index: "place", rowHeight: 36,
      height: rows.length > 12 ? "55vh" : undefined,
    });
    const count = (filtered) => { byId("count").textContent = `${filtered.length} of ${rows.length} shown`; };
    table.on("dataFiltered", (_, filtered) => count(filtered));
    const filter = () => table.setFilter(filterOf());
    byId("search").addEventListener("input", filter);
    byId("split").addEventListener("change", filter);
    byId("with-problems").addEventListener("change", filter);
    addEventListener("hashchange", () => showChosen(rows));
    showChosen(rows);
  }

  start();
})();
