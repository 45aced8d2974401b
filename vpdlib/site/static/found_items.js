// The actions of the page of found actions: how found and labelled stand to each other, which are doubtful, filters.
"use strict";

const foundItems = (() => {
  // One object for every action, from the columns of the shard "found".
  function itemsOf(data) {
    const columns = data.items;
    const ids = [...columns.kind].map((kind, number) => kind + number);
    const items = ids.map((id, number) => ({
      id,
      kind: columns.kind[number],
      video: data.videos[columns.video[number]].name,
      start: columns.start[number],
      end: columns.end[number],
      label: data.classes[columns.label[number]],
      group: data.groups[columns.group[number]],
      fps: data.videos[columns.video[number]].fps,
      probability: columns.probability[number],
      second: columns.second[number],
      asked: columns.asked[number],
      pair: columns.pair[number] < 0 ? null : ids[columns.pair[number]],
    }));
    const byId = new Map(items.map((item) => [item.id, item]));
    const paired = new Set(items.map((item) => item.pair).filter(Boolean));
    for (const item of items) {
      const label = item.pair && byId.get(item.pair);
      item.labelled = label ? label.label : item.kind === "l" ? item.label : "";
      item.status = statusOf(item, label);
      item.isPaired = paired.has(item.id);
      item.doubt = doubtOf(item);
      item.text = `${item.video} ${item.label} ${item.labelled}`.toLowerCase();
    }
    return items;
  }

  function statusOf(item, label) {
    if (item.kind === "l") return "labelled only";
    if (label) return label.label === item.label ? "both" : "disagree";
    return item.kind === "q" ? "to label" : "found only";
  }

  // Where found and labelled disagree, the surer the more; labels of which nothing was found; then small margins.
  function doubtOf(item) {
    if (item.kind === "l") return 1;
    if (item.status === "disagree") return 1 + item.probability;
    const unsure = 1 - Math.max(item.probability - item.second, 0);
    return item.status === "both" ? unsure / 2 : unsure;
  }

  const byTime = (one, other) =>
    one.video < other.video ? -1 : one.video > other.video ? 1 : one.start - other.start || one.end - other.end;
  const orders = {
    time: byTime,
    doubt: (one, other) => other.doubt - one.doubt || byTime(one, other),
    sure: (one, other) => (other.probability ?? -1) - (one.probability ?? -1) || byTime(one, other),
  };
  // What nobody asked for comes after that, by doubt.
  orders.asked = (one, other) => {
    if (one.asked && other.asked) return one.asked - other.asked;
    return Boolean(other.asked) - Boolean(one.asked) || orders.doubt(one, other);
  };

  // What a user asks to see, in order. A label that something found is set against is seen with that.
  function chosen(items, book, wanted) {
    const words = wanted.search.toLowerCase().split(/\s+/).filter(Boolean);
    const isWanted = (item) =>
      !(item.kind === "l" && item.isPaired) &&
      (!wanted.status || item.status === wanted.status || (wanted.status === "to label" && item.asked > 0)) &&
      (!wanted.label || item.label === wanted.label || item.labelled === wanted.label) &&
      (!wanted.video || item.video === wanted.video) &&
      isBetween(item.probability, wanted.least, wanted.most) &&
      (!wanted.decision || (wanted.decision === "given") === Boolean(book.state(item.id)?.decision)) &&
      words.every((word) => item.text.includes(word));
    return items.filter(isWanted).sort(orders[wanted.order]);
  }

  const isBetween = (probability, least, most) =>
    (least === null && most === null) ||
    (probability !== null && probability >= (least ?? 0) && probability <= (most ?? 1));

  // An action that the user added, as the queue lists it.
  function added(state) {
    return {
      ...state, probability: null, second: null, asked: 0, labelled: "", status: "added", isPaired: false, doubt: 0,
      text: `${state.video} ${state.label}`.toLowerCase(),
    };
  }

  // What was done about an action, in words.
  function answerOf(state, item, isReplaced) {
    if (isReplaced) return "replaced";
    if (!state || !state.decision) return "";
    if (state.kind === "n") return state.decision === "rejected" ? "taken back" : "added";
    if (state.decision === "rejected") return state.kind === "l" ? "removed" : "rejected";
    return corrections.isSame(state, item) ? "accepted" : "changed";
  }

  // A time as a player shows it, to the millisecond.
  function clock(seconds) {
    const whole = Math.floor(seconds / 60);
    return `${whole}:${corrections.text(seconds - 60 * whole).padStart(6, "0")}`;
  }

  return { itemsOf, chosen, added, answerOf, clock, byTime };
})();
