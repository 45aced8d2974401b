// Confusion matrices: a grid that is walked by arrow keys; a cell lists its actions, with their clips where there are any.
"use strict";

(() => {
  const { h, load } = vpd;
  const byId = (id) => document.getElementById(id);
  const [choice, mistaken, grid] = [byId("choice"), byId("mistaken"), byId("matrix")];
  // Cards that are added at a time: each may hold a video.
  const AT_ONCE = 24;
  let shown = 0;
  // The classes of the cell that is open, of row and column.
  let opened = null;

  const nameOf = (option) => option.dataset.name;

  // The address holds the choice, whether all classes are shown, and the cell that is open.
  function keep() {
    const chosen = vpd.read(["mistaken"]);
    if (opened) { chosen.set("label", opened[0]); chosen.set("named", opened[1]); }
    const isFirst = choice.selectedIndex === 0 && !opened;
    vpd.keep(isFirst ? "" : nameOf(choice.selectedOptions[0]), chosen);
  }

  // Rows of the index of actions, by id; nothing where the site has no pages of actions.
  let index = null;
  async function actionIndex() {
    if (!byId("cell").dataset.hasActions) return new Map();
    if (!index) index = new Map((await load("action_index")).map((row) => [String(row[0]), row]));
    return index;
  }

  // Which classes are rows, and which columns: all, or those that were mistaken, and these with what they were taken for.
  function classesOf(data) {
    const all = data.classes.map((_, place) => place);
    if (!mistaken.checked) return [all, all];
    const rows = all.filter((row) => all.some((other) => other !== row && data.counts[row][other]));
    return [rows, all.filter((column) => rows.includes(column) || rows.some((row) => data.counts[row][column]))];
  }

  // How many answers to a class's actions are right, below its name.
  function rateOf(data, row) {
    const asked = data.counts[row].reduce((sum, one) => sum + one, 0);
    const right = data.counts[row][row];
    const text = asked ? `${Math.round(100 * right / asked)} % right` : "not asked";
    return h("span", { class: "rate", title: `${right} of ${asked} answers are right` }, text);
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
    const [places, columns] = classesOf(data);
    const head = h("tr", { role: "row" }, h("th", { scope: "col" }, "label ↓ taken for →"),
      columns.map((place) => h("th", { scope: "col", class: "class", title: data.classes[place] },
        h("span", {}, data.classes[place]))));
    const rows = places.map((row) => h("tr", { role: "row" },
      h("th", { scope: "row", title: data.classes[row] },
        h("span", { class: "name" }, data.classes[row]), " ", rateOf(data, row)),
      columns.map((column) => cellOf(data, row, column))));
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
      open(cell).catch(vpd.told);
    }
  });

  grid.addEventListener("click", (event) => {
    const cell = event.target.closest("td");
    if (!cell) return;
    focusOn(cell);
    open(cell).catch(vpd.told);
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
    opened = [data.classes[row], data.classes[column]];
    keep();
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

  // Shows the choice; nothing of an earlier one stays below its name while it is loaded, or if it cannot be.
  async function show() {
    const option = choice.selectedOptions[0];
    const place = choice.value;
    grid.replaceChildren();
    byId("cell").hidden = true;
    byId("about").textContent = `${option.dataset.actions} test actions, ${option.dataset.trials} ` +
      `trial${option.dataset.trials === "1" ? "" : "s"}`;
    const data = await load(`confusion_${place}`);
    if (choice.value !== place) return;
    for (const kind of ["svg", "png", "csv"]) {
      byId(kind).href = `${vpd.root}/figures/${encodeURIComponent(option.dataset.figure)}.${kind}`;
    }
    draw(data);
  }

  // Shows what the address says; a browser that puts earlier choices back into the controls is overruled.
  async function follow() {
    const { item, chosen } = vpd.address();
    opened = null;
    vpd.fill(["mistaken"], chosen);
    const options = [...choice.options];
    const wanted = options.find((option) => nameOf(option) === item);
    choice.value = (wanted || options[0]).value;
    byId("unknown").textContent = item && !wanted ? `There is no confusion of ${item}: choose one of the list.` : "";
    await show();
    const data = await load(`confusion_${choice.value}`);
    const [row, column] = ["label", "named"].map((name) => data.classes.indexOf(chosen.get(name)));
    const cell = grid.querySelector(`td[data-row="${row}"][data-column="${column}"]`);
    if (cell) await open(cell);
  }

  function change() {
    opened = null;
    byId("unknown").textContent = "";
    keep();
    show().catch(vpd.told);
  }

  choice.addEventListener("change", change);
  mistaken.addEventListener("change", change);
  addEventListener("hashchange", () => follow().catch(vpd.told));
  follow().catch(vpd.told);
})();
