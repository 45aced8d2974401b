// Long lists by Tabulator, whose headings are reached and pressed by the keyboard too.
"use strict";

// Draw a list into an element; label says what it lists.
function longTable(element, label, options) {
  const columns = options.columns.map((column) => ({ titleFormatter: "plaintext", ...column }));
  const table = vpd.table(element, { layout: "fitData", ...options, columns });
  table.on("tableBuilt", () => {
    element.setAttribute("aria-label", label);
    for (const heading of element.querySelectorAll(".tabulator-col.tabulator-sortable")) {
      heading.tabIndex = 0;
      heading.addEventListener("keydown", (event) => {
        if (event.target !== heading || (event.key !== "Enter" && event.key !== " ")) return;
        event.preventDefault();
        heading.click();
      });
    }
  });
  return table;
}
