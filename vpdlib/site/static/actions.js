// The list of labelled actions: search, filter, order; right and wrong answers by feature set and head.
"use strict";

(() => {
  const control = (id) => document.getElementById(id);
  const value = (id) => (control(id) ? control(id).value : "");

  // A row of the table from the two shards: texts as they are shown and sorted by.
  function rowOf(action, at, told) {
    const [id, video, start, end, label, split] = action;
    const answers = told.answers[at];
    const row = { at, id, video, start, end, label, split, group: told.groups[at], asked: 0, right: null };
    told.columns.forEach((_, column) => {
      const answer = answers ? answers[column] : null;
      if (answer === null) { row[`a${column}`] = ""; return; }
      const named = told.classes[answer < 0 ? -1 - answer : answer];
      row[`a${column}`] = named;
      row[`empty${column}`] = answer < 0;
      row.asked += 1;
      row.right = (row.right || 0) + (named === label ? 1 : 0);
    });
    return row;
  }

  function link(cell) {
    const id = cell.getValue();
    return vpd.h("a", { href: `action.html#${encodeURIComponent(id)}` }, id);
  }

  // ✓ or ✗ before the class: not by colour alone.
  function answer(cell) {
    const named = cell.getValue();
    const row = cell.getRow().getData();
    if (!named) return vpd.h("span", { class: "note" }, "–");
    const right = named === row.label;
    const unseen = row[`empty${cell.getField().slice(1)}`] ? " (not seen)" : "";
    return vpd.h("span", { class: right ? "good" : "bad" }, `${right ? "✓" : "✗"} ${named}${unseen}`);
  }

  const seconds = (cell) => document.createTextNode(vpd.number(cell.getValue(), 2));

  function share(cell) {
    const { right, asked } = cell.getRow().getData();
    return document.createTextNode(asked ? `${right} of ${asked}` : "–");
  }

  // The fewest right first; actions of which no head was asked come last, either way.
  function byShare(a, b, one, other, column, direction) {
    if (a === null || b === null) return ((a === null) - (b === null)) * (direction === "asc" ? 1 : -1);
    return a / one.getData().asked - b / other.getData().asked;
  }

  // Wide enough for the longest text, though only the first rows are laid out when the table is built.
  const widthFor = (texts) => 26 + 8 * Math.min(40, texts.reduce((most, text) => Math.max(most, text.length), 6));

  function columnsOf(told, rows) {
    const columns = [
      { title: "action", field: "id", formatter: link, minWidth: widthFor(rows.map((row) => row.id)) },
      { title: "video", field: "video", minWidth: widthFor(rows.map((row) => row.video)) },
      { title: "start, s", field: "start", formatter: seconds, hozAlign: "right" },
      { title: "end, s", field: "end", formatter: seconds, hozAlign: "right" },
      { title: "class", field: "label", minWidth: widthFor(told.classes) },
      { title: "split", field: "split" },
    ];
    if (told.columns.length) columns.push({ title: "right", field: "right", formatter: share, sorter: byShare });
    told.columns.forEach(([features, head], at) => {
      const minWidth = 16 + widthFor(told.classes);
      columns.push({ title: `${features} ${head}`, field: `a${at}`, formatter: answer, minWidth });
    });
    if (told.groups.some((group) => group)) {
      columns.push({ title: "group", field: "group", minWidth: widthFor(told.groups) });
    }
    return columns;
  }

  // Whether a row has an answer of the wanted kind, by the chosen head or by any.
  function answered(row, by, wanted, columns) {
    const asked = by === "" ? columns.map((_, at) => at) : [Number(by)];
    const given = asked.map((at) => row[`a${at}`]).filter((named) => named);
    if (!wanted) return by === "" || given.length > 0;
    return given.some((named) => (named === row.label) === (wanted === "right"));
  }

  async function start() {
    const [index, told] = await Promise.all([vpd.load("action_index"), vpd.load("action_answers")]);
    const rows = index.map((action, at) => rowOf(action, at, told));
    const table = vpd.table("#list", {
      data: rows, columns: columnsOf(told, rows), index: "at", placeholder: "No action is like that",
    });

    function filter() {
      const words = value("search").toLowerCase().split(/\s+/).filter((word) => word);
      const [label, split, by, wanted] = ["label", "split", "by", "answer"].map(value);
      table.setFilter((row) => {
        if (label && row.label !== label) return false;
        if (split && row.split !== split) return false;
        if ((by || wanted) && !answered(row, by, wanted, told.columns)) return false;
        const text = `${row.id} ${row.video} ${row.label} ${row.group}`.toLowerCase();
        return words.every((word) => text.includes(word));
      });
    }

    function order() {
      if (value("order") === "right") table.setSort([{ column: "right", dir: "asc" }]);
      else if (value("order") === "at") { table.clearSort(); table.setData(rows); }
      else table.setSort(value("order"), "asc");
    }

    table.on("dataFiltered", (_, shown) => {
      control("count").textContent = `${shown.length} of ${rows.length} actions`;
    });
    table.on("tableBuilt", () => {
      control("count").textContent = `${rows.length} of ${rows.length} actions`;
      control("filters").addEventListener("input", (event) => (event.target.id === "order" ? order() : filter()));
    });
    control("filters").addEventListener("submit", (event) => event.preventDefault());
  }

  start().catch((error) => { control("count").textContent = error.message; });
})();
