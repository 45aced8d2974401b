// Confusion matrices: a grid that is walked by arrow keys; a cell lists its actions, with their clips where there are any.
"use strict";

(() => {
  const { h, load } = vpd;
  const byId = (id) => document.getElementById(id);
  const [choice, mistaken, grid] = [byId("choice"), byId("mistaken"), byId("matrix")];
  // Cards that are added at a time: each may hold a video.
  const AT_ONCE = 24;
  let shown = 0;

  // Rows of the index of actions, by id; nothing where the site has no pages of actions.
  let index = null;
  async function actionIndex() {
    if (!byId("cell").dataset.hasActions) return new Map();
    if (!index) index = new Map((await load("action_index")).map((row) => [String(row[0]), row]));
    return index;
  }

  // Which classes are rows and columns: all, or those of a wrong answer.
  function classesOf(data) {
    const all = data.classes.map((_, place) => place);
    if (!mistaken.checked) return all;
    return all.filter((place) => all.some((other) =>
      other !== place && (data.counts[place][other] || data.counts[other][place])));
  }

  function cellOf(data, row, column) {
    const count = data.counts[row][column];
    const whole = data.counts[row].reduce((sum, one) => sum + one, 0);
    const percent = whole ? Math.round(100 * count / whole) : 0;
    const kinds = [row === column ? "right" : "", count ? "" : "zero"].filter(Boolean).join(" ");
    const said = `${data.classes[row]} taken for ${data.classes[column]}: ${count} answers, ${percent} percent`;
    return h("td", {
      role: "gridcell", tabindex: -1, class: kinds || null, "aria-label": said, title: said, "aria-selected": "false",
      style: `--share: ${whole ? count / whole : 0}`, "data-row": row, "data-column": column,
    }, count ? String(count) : "·");
  }

  function draw(data) {
    const places = classesOf(data);
    const head = h("tr", { role: "row" }, h("th", { scope: "col" }, "label ↓ taken for →"),
      places.map((place) => h("th", { scope: "col", class: "class", title: data.classes[place] },
        h("span", {}, data.classes[place]))));
    const rows = places.map((row) => h("tr", { role: "row" },
      h("th", { scope: "row", title: data.classes[row] }, data.classes[row]),
      places.map((column) => cellOf(data, row, column))));
    grid.replaceChildren(h("thead", {}, head), h("tbody", {}, rows));
    const first = grid.querySelector("td");
    if (first) first.tabIndex = 0;
    else grid.replaceChildren(h("caption", {}, "Every answer is right."));
  }

  // One cell can be reached by Tab; arrows make another one that cell.
  function focusOn(cell) {
    for (const other of grid.querySelectorAll('td[tabindex="0"]')) other.tabIndex = -1;
    cell.tabIndex = 0;
    cell.focus();
    // The headings of rows stand over the first columns while the matrix is scrolled.
    cell.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

  function target(cell, key) {
    const cells = cell.parentElement.querySelectorAll("td");
    if (key === "Home") return cells[0];
    if (key === "End") return cells[cells.length - 1];
    const [down, right] = STEPS[key];
    const row = grid.tBodies[0].rows[cell.parentElement.sectionRowIndex + down];
    return row && row.querySelectorAll("td")[[...cells].indexOf(cell) + right];
  }

  grid.addEventListener("keydown", (event) => {
    const cell = event.target.closest("td");
    if (!cell) return;
    if (event.key in STEPS || event.key === "Home" || event.key === "End") {
      event.preventDefault();
      const next = target(cell, event.key);
      if (next) focusOn(next);
    } else if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      open(cell);
    }
  });

  grid.addEventListener("click", (event) => {
    const cell = event.target.closest("td");
    if (!cell) return;
    focusOn(cell);
    open(cell);
  });

  function clipOf(id, known) {
    if (!known || !known[7]) return null;
    const name = encodeURIComponent(id);
    return h("video", {
      controls: true, preload: "none", playsinline: true, "aria-label": `Clip of ${id}`,
      poster: `${vpd.root}/clips/${name}.jpg`, src: `${vpd.root}/clips/${name}.mp4`,
    });
  }

  function card(action, column, known) {
    const [id, video, start, end, , predicted] = action;
    const votes = predicted.filter((one) => one === column).length;
    const title = known ? h("a", { href: `${vpd.root}/pages/action.html#${encodeURIComponent(id)}` }, id) : id;
    return h("li", {},
      clipOf(id, known),
      h("div", {}, h("b", {}, title)),
      h("div", {}, h("a", { href: `${vpd.root}/pages/videos.html#${encodeURIComponent(video)}` }, video),
        ` ${vpd.number(start, 2)}–${vpd.number(end, 2)} s`),
      predicted.length > 1 ? h("div", { class: "note" }, `${votes} of ${predicted.length} trials say so`) : null);
  }

  async function open(cell) {
    const place = Number(choice.value);
    const [row, column] = [Number(cell.dataset.row), Number(cell.dataset.column)];
    const [data, actions, known] = await Promise.all(
      [load(`confusion_${place}`), load(`confusion_${place}_actions`), actionIndex()]);
    if (Number(choice.value) !== place) return;
    for (const other of grid.querySelectorAll('[aria-selected="true"]')) other.setAttribute("aria-selected", "false");
    cell.setAttribute("aria-selected", "true");
    const found = actions.filter((action) => action[4] === row && action[5].includes(column));
    const votes = (action) => action[5].filter((one) => one === column).length;
    found.sort((one, other) => votes(other) - votes(one));
    byId("cell-title").textContent = `${data.classes[row]} taken for ${data.classes[column]}: ` +
      `${found.length} action${found.length === 1 ? "" : "s"}`;
    byId("cards").replaceChildren();
    byId("cell").hidden = false;
    shown = 0;
    const add = () => {
      byId("cards").append(...found.slice(shown, shown + AT_ONCE).map((one) => card(one, column, known.get(one[0]))));
      shown += AT_ONCE;
      byId("more").hidden = shown >= found.length;
      byId("more").textContent = `More (${Math.max(0, found.length - shown)})`;
    };
    byId("more").onclick = add;
    add();
    byId("cell-title").focus({ preventScroll: true });
    byId("cell").scrollIntoView({ block: "nearest" });
  }

  async function show() {
    const option = choice.selectedOptions[0];
    const place = choice.value;
    const data = await load(`confusion_${place}`);
    if (choice.value !== place) return;
    byId("cell").hidden = true;
    byId("about").textContent = `${option.dataset.actions} test actions, ${option.dataset.trials} ` +
      `trial${option.dataset.trials === "1" ? "" : "s"}`;
    for (const kind of ["svg", "png", "csv"]) {
      byId(kind).href = `${vpd.root}/figures/${encodeURIComponent(option.dataset.figure)}.${kind}`;
    }
    draw(data);
  }

  choice.addEventListener("change", show);
  mistaken.addEventListener("change", show);
  show();
})();
