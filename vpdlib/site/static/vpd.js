// What all pages share: loading data, the address, elements from text, files to download, lists, light and dark.
"use strict";

const vpd = (() => {
  const root = document.documentElement.dataset.root;
  const waiting = new Map();
  const loaded = new Map();

  // A shard calls this: pages opened from a disk cannot fetch.
  function shard(name, data) {
    loaded.set(name, data);
    const asked = waiting.get(name);
    if (asked) asked.resolve(data);
  }

  // The data of a shard, loaded once.
  function load(name) {
    if (loaded.has(name)) return Promise.resolve(loaded.get(name));
    if (!waiting.has(name)) {
      const asked = {};
      asked.promise = new Promise((resolve, reject) => Object.assign(asked, { resolve, reject }));
      waiting.set(name, asked);
      const script = document.createElement("script");
      script.src = `${root}/data/${encodeURIComponent(name)}.js`;
      const lack = (what) => { const error = new Lacking(name, what); tellLacking(error); asked.reject(error); };
      script.onerror = () => lack("is not there");
      // A file that is cut off is loaded too, and hands over nothing.
      script.onload = () => { if (!loaded.has(name)) lack("is damaged"); };
      document.head.append(script);
    }
    return waiting.get(name).promise;
  }

  // Data that cannot be had: every page says so in one place, whoever asked for them.
  class Lacking extends Error {
    constructor(name, what) { super(`data/${name}.js ${what}: build the site again`); }
  }

  function tellLacking(error) {
    const place = document.getElementById("lacking");
    place.append(h("p", {}, error.message));
  }

  // For the end of what asked for them: it is told already, and anything else is an error of the page.
  function told(error) {
    if (!(error instanceof Lacking)) throw error;
  }

  // What a user has chosen stands in the address, so that Back, a reload and a link keep it: behind # what is shown,
  // then, behind ?, the rest by name. A page opened from a disk may change no more of its address.
  function address() {
    const [shown, ...rest] = location.hash.slice(1).split("?");
    let item = shown;
    try { item = decodeURIComponent(shown); } catch { /* Not written by a page: it names nothing, to the letter. */ }
    return { item, chosen: new URLSearchParams(rest.join("?")) };
  }

  function addressOf(item, chosen) {
    const rest = new URLSearchParams([...chosen].filter(([, value]) => value !== "")).toString();
    return `#${encodeURIComponent(item)}${rest ? `?${rest}` : ""}`;
  }

  // Puts it there without a step of the history; typing may ask often, which browsers refuse. Who leaves the page does it
  // at once: later is too late.
  const KEEP_MS = 150;
  let keeping = 0, kept = -KEEP_MS;
  function keep(item, chosen, isLeaving = false) {
    const next = addressOf(item, chosen), from = location.hash;
    const put = () => {
      // Somebody has gone on meanwhile.
      if (location.hash !== from) return;
      kept = performance.now();
      if (next !== location.hash) history.replaceState(history.state, "", next);
    };
    clearTimeout(keeping);
    if (isLeaving || performance.now() - kept > KEEP_MS) put();
    else keeping = setTimeout(put, KEEP_MS);
  }

  // Puts what the address says into controls whose ids are its names.
  function fill(ids, chosen) {
    for (const id of ids) {
      const control = document.getElementById(id);
      if (!control) continue;
      if (control.type === "checkbox") control.checked = chosen.get(id) === "yes";
      else control.value = chosen.get(id) || "";
      // A choice that there is not any more is none.
      if (control.tagName === "SELECT" && control.selectedIndex < 0) control.selectedIndex = 0;
    }
  }

  // What controls say, for the address; the first of a list of choices need not be told.
  function read(ids) {
    const chosen = new URLSearchParams();
    for (const id of ids) {
      const control = document.getElementById(id);
      if (!control) continue;
      const is = control.type === "checkbox" ? (control.checked ? "yes" : "") : control.value;
      if (is && !(control.tagName === "SELECT" && control.selectedIndex === 0)) chosen.set(id, is);
    }
    return chosen;
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

  // Links with data-id lead to where their address is when they are followed, not when they were made.
  function leading(element, hrefOf) {
    for (const event of ["click", "auxclick", "contextmenu"]) {
      element.addEventListener(event, ({ target }) => {
        const link = target.closest("a[data-id]");
        if (link) link.href = hrefOf(link.dataset.id);
      });
    }
  }

  // A number as text; a dash for what is not there.
  const number = (value, digits = 1) =>
    value === null || value === undefined ? "–" : Number(value).toFixed(digits);

  // Hands out a file.
  function download(name, blob) {
    const url = URL.createObjectURL(blob);
    const link = h("a", { href: url, download: name, hidden: true });
    document.body.append(link);
    link.click();
    link.remove();
    // The browser has taken it by then.
    setTimeout(() => URL.revokeObjectURL(url), 60000);
  }

  // The order of a list in the address, such as "start desc", stands there under this name.
  const SORT = "sort";

  // The column and the direction that the address says; null where it says none.
  function sortOf(chosen) {
    const [column, dir] = (chosen.get(SORT) || "").split(" ");
    return column && ["asc", "desc"].includes(dir) ? { column, dir } : null;
  }

  // How a list is sorted, for the address.
  function sortedBy(list) {
    const [sorter] = list.getSorters();
    return sorter ? `${sorter.field} ${sorter.dir}` : "";
  }

  // Sorts a list; by null, or a column that it has not, it is as its data are.
  function sort(list, by) {
    if (by && list.getColumns().some((column) => column.getField() === by.column)) list.setSort([by]);
    else list.clearSort();
  }

  // Scrolls a list to one of its rows, unless all of it is in view; nothing is done for a row that is filtered out.
  function reveal(list, index) {
    const row = list.getRow(index);
    const position = row.getPosition();
    if (!position) return;
    const [holder, element] = [list.element.querySelector(".tabulator-tableholder"), row.getElement()];
    const top = element.getBoundingClientRect().top - holder.getBoundingClientRect().top;
    if (element.isConnected && top >= 0 && top + element.offsetHeight <= holder.clientHeight) return;
    // The row half a screen before comes to the top. Tabulator's own "center" misses the last rows: it goes back half a
    // screen from the end of a list too.
    const before = Math.floor(holder.clientHeight / holder.querySelector(".tabulator-row").offsetHeight / 2);
    list.scrollToRow(list.getRows("active")[Math.max(position - 1 - before, 0)], "top");
  }

  // Tabulator with headings and cells that are text, never markup; `label` says what it lists, `by` how it is sorted.
  function table(element, { label, by = null, ...options }) {
    const columns = options.columns.map((column) => (
      // Only headings are dragged: a handle in every cell would double what is laid out.
      { formatter: "plaintext", titleFormatter: "plaintext", resizable: "header", ...column }));
    const made = new Tabulator(element, {
      layout: "fitDataStretch", height: heightFor(options.data || []), rowHeight: 32, renderVerticalBuffer: 250,
      initialSort: by && columns.some((column) => column.field === by.column) ? [by] : [],
      placeholder: "Nothing here", ...options, columns,
    });
    made.on("tableBuilt", () => {
      withoutMeasuring(made.rowManager.renderer);
      if (label) made.element.setAttribute("aria-label", label);
      tellParts(made.element);
      const headings = made.element.querySelectorAll(".tabulator-col.tabulator-sortable");
      headings.forEach(pressable);
      made.element.classList.toggle("is-whole", !made.options.height);
      watchCut(made.element, made.element.querySelector(".tabulator-tableholder"));
    });
    return made;
  }

  // Rows up to which a list is as long as they are; a longer one draws those in view, and fills most of the screen.
  const WHOLE = 60;
  const heightFor = (rows) => (rows.length <= WHOLE ? undefined : "max(24rem, 100dvh - 7rem)");

  // A list says whether columns are cut off at its right.
  function watchCut(element, holder) {
    let waiting = 0;
    const tell = () => element.toggleAttribute("data-cut", holder.scrollLeft + holder.clientWidth < holder.scrollWidth - 2);
    // Once it has come to rest: to look while rows are drawn would lay the page out for each.
    holder.addEventListener("scroll", () => { clearTimeout(waiting); waiting = setTimeout(tell, 120); }, { passive: true });
    new ResizeObserver(tell).observe(holder);
    tell();
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

  // The theme: the system's unless one was chosen, which the next page keeps.
  const THEMES = { system: "◐", light: "☀", dark: "☾" };
  const ofSystem = matchMedia("(prefers-color-scheme: dark)");
  const stored = (() => { try { return localStorage.getItem("vpd-theme"); } catch { return null; } })();
  if (stored) document.documentElement.dataset.theme = stored;

  function isDark() {
    const chosen = document.documentElement.dataset.theme;
    return chosen ? chosen === "dark" : ofSystem.matches;
  }

  function choose(theme) {
    if (theme === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    try {
      if (theme === "system") localStorage.removeItem("vpd-theme");
      else localStorage.setItem("vpd-theme", theme);
    } catch { /* A page that keeps nothing still turns dark. */ }
    dispatchEvent(new CustomEvent("vpd-theme"));
  }

  // From the system's to the other one, to the one that the system has, and back to the system's.
  function nextTheme() {
    const order = ofSystem.matches ? ["system", "light", "dark"] : ["system", "dark", "light"];
    const now = document.documentElement.dataset.theme || "system";
    return order[(order.indexOf(now) + 1) % order.length];
  }

  function tellTheme(button) {
    const now = document.documentElement.dataset.theme || "system";
    button.replaceChildren(h("span", { "aria-hidden": "true" }, THEMES[now]), h("span", { class: "word" }, ` ${now}`));
    const said = `Theme: ${now}; press for ${nextTheme()}`;
    button.setAttribute("aria-label", said);
    button.title = said;
  }

  addEventListener("DOMContentLoaded", () => {
    // What the address says is a page's own: the way to the content is no part of it.
    document.querySelector(".skip").addEventListener("click", (event) => {
      event.preventDefault();
      const main = document.getElementById("main");
      main.tabIndex = -1;
      main.focus();
    });
    const button = document.getElementById("theme");
    button.addEventListener("click", () => {
      choose(nextTheme());
      tellTheme(button);
    });
    ofSystem.addEventListener("change", () => tellTheme(button));
    tellTheme(button);
    // On a phone the menu is one line: the page's own entry is in view.
    const current = document.querySelector("nav [aria-current]");
    if (current) current.closest("ul").scrollLeft = current.offsetLeft - 60;
  });

  return {
    root, shard, load, told, address, addressOf, keep, fill, read, leading, h, colour, number, download,
    SORT, sortOf, sortedBy, sort, reveal, table, isDark,
  };
})();
