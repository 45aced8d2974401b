// Which actions a list shows, and in which order: of the page of the list, and of an action's steps to the next in it;
// and what each action was taken for.
"use strict";

const actionList = (() => {
  // What the address may say of a list; the controls of these ids say the same.
  const CONTROLS = ["search", "label", "split", "by", "answer", "order"];
  // All that it may say: the order by a column too, where the control says "column".
  const NAMES = [...CONTROLS, vpd.SORT];

  // What the heads took an action for, of the shard "action_answers": those that were asked, by column.
  function answersOf(told, at) {
    return (told.answers[at] || []).flatMap((answer, column) => (answer === null ? []
      : [{ column, named: told.classes[answer < 0 ? -1 - answer : answer], isEmpty: answer < 0 }]));
  }

  // A row from the two shards: texts as they are shown and sorted by; a<column> is what that head took the action for.
  function rowOf(action, at, told) {
    const [id, video, start, end, label, split] = action;
    const row = { at, id, video, start, end, label, split, group: told.groups[at], asked: 0, right: null };
    told.columns.forEach((_, column) => { row[`a${column}`] = ""; });
    for (const { column, named, isEmpty } of answersOf(told, at)) {
      row[`a${column}`] = named;
      row[`empty${column}`] = isEmpty;
      row.asked += 1;
      row.right = (row.right || 0) + (named === label ? 1 : 0);
    }
    return row;
  }

  const rowsOf = (index, told) => index.map((action, at) => rowOf(action, at, told));

  // Whether a row has an answer of the wanted kind, by the chosen head or by one of all.
  function answered(row, by, wanted, columns) {
    const asked = by === "" ? columns.map((_, at) => at) : [Number(by)];
    const given = asked.map((at) => row[`a${at}`]).filter((named) => named);
    if (!wanted) return by === "" || given.length > 0;
    return given.some((named) => (named === row.label) === (wanted === "right"));
  }

  // Whether a list shows a row.
  function filterOf(chosen, columns) {
    const [label, split, by, wanted] = ["label", "split", "by", "answer"].map((name) => chosen.get(name) || "");
    const words = (chosen.get("search") || "").toLowerCase().split(/\s+/).filter((word) => word);
    return (row) => {
      if (label && row.label !== label) return false;
      if (split && row.split !== split) return false;
      if ((by || wanted) && !answered(row, by, wanted, columns)) return false;
      const text = `${row.id} ${row.video} ${row.label} ${row.group}`.toLowerCase();
      return words.every((word) => text.includes(word));
    };
  }

  // The fewest right first; actions of which no head was asked come last, either way.
  function byShare(one, other, direction) {
    if (one.right === null || other.right === null) {
      return ((one.right === null) - (other.right === null)) * (direction === "asc" ? 1 : -1);
    }
    return one.right / one.asked - other.right / other.asked;
  }

  // Compares two rows by a column; as they are in the labels where they are alike.
  function compare(field, one, other, direction) {
    const [a, b] = [one[field], other[field]];
    const first = field === "right" ? byShare(one, other, direction)
      : typeof a === "number" ? a - b : a.localeCompare(b);
    return first || one.at - other.at;
  }

  // The column and the direction of a list's order; null for that of the labels.
  function sortOf(chosen) {
    const order = chosen.get("order");
    if (!order) return null;
    return order === "column" ? vpd.sortOf(chosen) : { column: order, dir: "asc" };
  }

  // The rows that a list shows, in its order.
  function shown(rows, chosen, columns) {
    const found = rows.filter(filterOf(chosen, columns));
    const sort = sortOf(chosen);
    if (!sort || !found.length || !(sort.column in found[0])) return found;
    const { column, dir } = sort;
    return found.sort((one, other) =>
      (dir === "desc" ? compare(column, other, one, dir) : compare(column, one, other, dir)));
  }

  const isNarrowed = (chosen) => NAMES.some((name) => chosen.get(name));

  return { CONTROLS, NAMES, answersOf, rowsOf, filterOf, sortOf, compare, shown, isNarrowed };
})();
