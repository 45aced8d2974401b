// Tables of results: a press on a heading sorts by its column, numbers from the largest.
"use strict";

(() => {
  // What a cell is sorted by: its number where it has one, else its text; what is empty comes last.
  function valueOf(row, index) {
    const cell = row.cells[index];
    return cell.dataset.value === undefined ? null : Number(cell.dataset.value);
  }

  function compare(one, other, index, sign) {
    const [a, b] = [valueOf(one, index), valueOf(other, index)];
    if (a !== null && b !== null) return sign * (a - b);
    if (a === null && b === null) {
      return sign * one.cells[index].textContent.localeCompare(other.cells[index].textContent);
    }
    return a === null ? 1 : -1;
  }

  function sortBy(table, heading) {
    const index = heading.cellIndex;
    const isText = heading.classList.contains("text");
    const before = heading.getAttribute("aria-sort");
    const first = isText ? "ascending" : "descending";
    const next = before === first ? (isText ? "descending" : "ascending") : first;
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", next);
    const body = table.tBodies[0];
    const sign = next === "ascending" ? 1 : -1;
    body.append(...[...body.rows].sort((one, other) => compare(one, other, index, sign)));
  }

  for (const table of document.querySelectorAll("table.results")) {
    for (const heading of table.tHead.rows[0].cells) {
      const button = vpd.h("button", { type: "button", click: () => sortBy(table, heading) }, heading.textContent);
      heading.replaceChildren(button);
    }
  }
})();
