// On paper: pages are light, charts too, and of a list all rows are printed, not those in view.
"use strict";

(() => {
  const { h } = vpd;
  // Rows of a list that are printed; what has more says where they are.
  const MOST = 1000;
  let theme = null, opened = [];

  // A list as a plain table: what its cells show, in its order and without what is filtered out.
  function plainOf(list) {
    const columns = list.getColumns().filter((column) => column.isVisible() && column.getField());
    const rows = list.getRows("active");
    const kindOf = (column) => (column.getDefinition().hozAlign === "right" ? null : "text");
    const head = columns.map((column) => h("th", { scope: "col", class: kindOf(column) }, column.getDefinition().title || ""));
    const body = rows.slice(0, MOST).map((row) => h("tr", {}, columns.map((column) =>
      h("td", { class: kindOf(column) }, ...row.getCell(column).getElement().cloneNode(true).childNodes))));
    const table = h("table", { class: "plain printed" }, h("thead", {}, h("tr", {}, head)), h("tbody", {}, body));
    const parts = [table];
    if (rows.length > MOST) parts.unshift(h("p", {}, cutNote(rows.length, list.element.dataset.csv)));
    return h("div", { class: "only-print" }, parts);
  }

  const cutNote = (count, csv) => `The first ${MOST} of ${count} rows${csv ? `; all are in ${csv}` : ""}.`;

  addEventListener("beforeprint", () => {
    theme = document.documentElement.dataset.theme || "";
    document.documentElement.dataset.theme = "light";
    dispatchEvent(new CustomEvent("vpd-theme"));
    // What names mean is read on paper too.
    opened = [...document.querySelectorAll("details.names:not([open])")];
    opened.forEach((one) => { one.open = true; });
    for (const element of document.querySelectorAll(".tabulator")) {
      const [list] = Tabulator.findTable(element) || [];
      if (list) element.after(plainOf(list));
    }
  });

  addEventListener("afterprint", () => {
    document.querySelectorAll(".tabulator + .only-print").forEach((one) => one.remove());
    opened.forEach((one) => { one.open = false; });
    if (theme) document.documentElement.dataset.theme = theme;
    else delete document.documentElement.dataset.theme;
    dispatchEvent(new CustomEvent("vpd-theme"));
  });
})();
