// What all pages share: loading data, building elements from text, tables, charts, light and dark.
"use strict";

const vpd = (() => {
  const root = document.documentElement.dataset.root;
  const waiting = new Map();
  const loaded = new Map();

  // A shard calls this: pages opened from a disk cannot fetch.
  function shard(name, data) {
    loaded.set(name, data);
    const told = waiting.get(name);
    if (told) told.resolve(data);
  }

  // The data of a shard, loaded once.
  function load(name) {
    if (loaded.has(name)) return Promise.resolve(loaded.get(name));
    if (!waiting.has(name)) {
      const told = {};
      told.promise = new Promise((resolve, reject) => Object.assign(told, { resolve, reject }));
      waiting.set(name, told);
      const script = document.createElement("script");
      script.src = `${root}/data/${encodeURIComponent(name)}.js`;
      script.onerror = () => told.reject(new Error(`data/${name}.js is not there: build the site again`));
      document.head.append(script);
    }
    return waiting.get(name).promise;
  }

  // An element: attributes, listeners (functions), and children, of which texts are always text.
  function h(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (value === null || value === undefined || value === false) continue;
      if (typeof value === "function") element.addEventListener(name, value);
      else element.setAttribute(name, value === true ? "" : value);
    }
    element.append(...children.flat().filter((child) => child !== null && child !== undefined));
    return element;
  }

  // Okabe and Ito's colours, which colour-blind readers tell apart, and dashes besides.
  const colours = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#8c6d1f", "#7f7f7f"];
  const colour = (index) => colours[index % colours.length];

  // A number as text; a dash for what is not there.
  const number = (value, digits = 1) =>
    value === null || value === undefined ? "–" : Number(value).toFixed(digits);

  // Tabulator with headings and cells that are text, never markup; `label` says what it lists.
  function table(element, { label, ...options }) {
    const columns = options.columns.map((column) => (
      // Only headings are dragged: a handle in every cell would double what is laid out.
      { formatter: "plaintext", titleFormatter: "plaintext", resizable: "header", ...column }));
    const made = new Tabulator(element, {
      layout: "fitDataStretch", height: "60vh", rowHeight: 32, renderVerticalBuffer: 250, placeholder: "Nothing here", ...options, columns,
    });
    made.on("tableBuilt", () => {
      withoutMeasuring(made.rowManager.renderer);
      if (label) made.element.setAttribute("aria-label", label);
      tellParts(made.element);
      const headings = made.element.querySelectorAll(".tabulator-col.tabulator-sortable");
      headings.forEach(pressable);
    });
    return made;
  }

  // All rows are equally high. Tabulator measures each as it comes into view, and every measure lays the page out: rows
  // are built and given their height before it puts them in, so that it has nothing to measure.
  function withoutMeasuring(renderer) {
    if (!renderer._addBottomRow) return; // A short table is drawn whole.
    const next = {
      _addBottomRow: (step) => renderer.vDomBottom + 1 + step, _addTopRow: (step) => renderer.vDomTop - 1 - step,
    };
    for (const [name, place] of Object.entries(next)) {
      const add = renderer[name];
      renderer[name] = (rows, room) => {
        const height = renderer.vDomRowHeight;
        for (let step = 0; step < room / height; step += 1) {
          const row = rows[place(step)];
          if (row && !row.initialized) {
            row.initialize();
            row.outerHeight = height;
            row.setCellHeight();
          }
        }
        add.call(renderer, rows, room);
      };
    }
  }

  // The rows' holder can be focused, to be scrolled; in a grid it must then be a part that a grid may have.
  function tellParts(element) {
    element.querySelector(".tabulator-tableholder").setAttribute("role", "rowgroup");
    const rows = element.querySelector(".tabulator-tableholder .tabulator-table");
    if (rows) rows.setAttribute("role", "presentation");
  }

  // A heading that sorts is reached and pressed by the keyboard too.
  function pressable(heading) {
    heading.tabIndex = 0;
    heading.addEventListener("keydown", (event) => {
      if (event.target !== heading || (event.key !== "Enter" && event.key !== " ")) return;
      event.preventDefault();
      heading.click();
    });
  }

  const stored = (() => { try { return localStorage.getItem("vpd-theme"); } catch { return null; } })();
  if (stored) document.documentElement.dataset.theme = stored;

  function isDark() {
    const chosen = document.documentElement.dataset.theme;
    return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  }

  addEventListener("DOMContentLoaded", () => {
    document.getElementById("theme").addEventListener("click", () => {
      const next = isDark() ? "light" : "dark";
      document.documentElement.dataset.theme = next;
      try { localStorage.setItem("vpd-theme", next); } catch { /* A page that keeps nothing still turns dark. */ }
      dispatchEvent(new CustomEvent("vpd-theme"));
    });
  });

  return { root, shard, load, h, colour, colours, number, table, isDark };
})();
