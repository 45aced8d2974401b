// The list of labelled actions: search, filter, order; right and wrong answers by feature set and head.
"use strict";

(() => {
  const control = (id) => document.getElementById(id);
  const IS_NARROW = innerWidth <= 600;

  function link(cell) {
    const id = cell.getValue();
    return vpd.h("a", { href: `action.html#${encodeURIComponent(id)}`, "data-id": id }, id);
  }

  // ✓ or ✗ before the class: not by colour alone.
  function answer(cell) {
    const named = cell.getValue();
    const row = cell.getRow().getData();
    if (!named) return vpd.h("span", { class: "note" }, "–");
    const right = named === row.label;
    const unseen = row[`empty${cell.getField().slice(1)}`] ? " (not seen)" : "";
    return vpd.h("span", { class: right ? "good" : "bad", title: named }, `${right ? "✓" : "✗"} ${named}${unseen}`);
  }

  const text = (cell) => vpd.h("span", { title: cell.getValue() }, cell.getValue());
  const seconds = (cell) => document.createTextNode(vpd.number(cell.getValue(), 2));

  function share(cell) {
    const { right, asked } = cell.getRow().getData();
    return document.createTextNode(asked ? `${right} of ${asked}` : "–");
  }

  // Wide enough for the longest text, though only the first rows are laid out when the table is built; a text that is
  // longer than most is cut and told in full by its title.
  const widthFor = (texts) =>
    26 + 8 * Math.min(IS_NARROW ? 15 : 28, texts.reduce((most, one) => Math.max(most, one.length), 6));

  function columnsOf(told, rows) {
    const ofText = (texts) => ({ formatter: text, width: widthFor(texts) });
    const columns = [
      { title: "action", field: "id", formatter: link, width: widthFor(rows.map((row) => row.id)), frozen: true },
      { title: "class", field: "label", ...ofText(told.classes) },
    ];
    if (told.columns.length) columns.push({ title: "right", field: "right", formatter: share, width: 88 });
    columns.push(
      { title: "split", field: "split", width: 76 },
      { title: "video", field: "video", ...ofText(rows.map((row) => row.video)) },
      { title: "start, s", field: "start", formatter: seconds, hozAlign: "right", width: 104 },
      { title: "end, s", field: "end", formatter: seconds, hozAlign: "right", width: 96 },
    );
    told.columns.forEach(([features, head], at) => {
      const width = Math.max(16 + widthFor(told.classes), widthFor([`${features} ${head}`]));
      columns.push({ title: `${features} ${head}`, field: `a${at}`, formatter: answer, width });
    });
    if (told.groups.some((group) => group)) columns.push({ title: "group", field: "group", ...ofText(told.groups) });
    for (const column of columns) {
      column.sorter = (a, b, one, other, _, direction) =>
        actionList.compare(column.field, one.getData(), other.getData(), direction);
    }
    return columns;
  }

  // What the controls and the headings say; an order by a heading has a word of its own.
  function chosenNow(table) {
    const chosen = vpd.read(actionList.CONTROLS);
    if (chosen.get("order") === "column") chosen.set(vpd.SORT, vpd.sortedBy(table));
    return chosen;
  }

  async function start() {
    const [index, told] = await Promise.all([vpd.load("action_index"), vpd.load("action_answers")]);
    const rows = actionList.rowsOf(index, told);
    const columns = columnsOf(told, rows);
    const { item, chosen } = vpd.address();
    vpd.fill(actionList.CONTROLS, chosen);
    // The action that was opened last: it is marked, so that Back leads to it.
    let last = item;
    const table = vpd.table("#list", {
      label: "Actions", data: rows, columns, index: "at", placeholder: "No action is like that", layout: "fitData",
      by: actionList.sortOf(chosen),
      rowFormatter: (row) => row.getElement().classList.toggle("chosen", row.getData().id === last),
    });
    const keep = () => vpd.keep(last, chosenNow(table));

    function filter() {
      table.setFilter(actionList.filterOf(vpd.read(actionList.CONTROLS), told.columns));
      keep();
    }

    function order() {
      vpd.sort(table, actionList.sortOf(vpd.read(["order"])));
      keep();
    }

    // A heading orders too; the control says so.
    function sorted([sorter]) {
      if (!sorter) return;
      const said = actionList.sortOf(vpd.read(["order"]));
      if (!said || said.column !== sorter.field || said.dir !== sorter.dir) control("order").value = "column";
      keep();
    }

    // A link takes the list with it.
    function hrefOf(id) {
      last = id;
      vpd.keep(last, chosenNow(table), true);
      return `action.html${vpd.addressOf(id, chosenNow(table))}`;
    }

    function follow() {
      const now = vpd.address();
      last = now.item;
      vpd.fill(actionList.CONTROLS, now.chosen);
      vpd.sort(table, actionList.sortOf(now.chosen));
      filter();
      reveal();
    }

    // The action that was opened last may not be among the rows any more.
    function reveal() {
      const place = rows.findIndex((row) => row.id === last);
      if (place >= 0) vpd.reveal(table, place);
    }

    table.on("dataFiltered", (_, shown) => {
      control("count").textContent = `${shown.length} of ${rows.length} actions`;
    });
    table.on("tableBuilt", () => {
      control("count").textContent = `${rows.length} of ${rows.length} actions`;
      table.on("dataSorted", sorted);
      if (actionList.isNarrowed(chosen)) filter();
      reveal();
      control("filters").addEventListener("input", (event) => (event.target.id === "order" ? order() : filter()));
      vpd.leading(control("list"), hrefOf);
      addEventListener("hashchange", follow);
    });
    control("filters").addEventListener("submit", (event) => event.preventDefault());
  }

  start().catch(vpd.told);
})();
