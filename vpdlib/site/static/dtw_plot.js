// How the frames of two actions match: a small plot of a DTW path, built of SVG elements.
"use strict";

const vpdPath = (() => {
  const SIZE = 240, LEFT = 36, BOTTOM = 34, EDGE = 10;

  // Frame numbers from runs of successive ones.
  function frames(runs) {
    return runs.flatMap(([first, count]) => Array.from({ length: count }, (_, at) => first + at));
  }

  // The cells of a path, [place among the query's frames, among the near action's], from its steps.
  function cells(steps) {
    const found = [[0, 0]];
    for (const step of steps) {
      const [q, n] = found[found.length - 1];
      found.push([q + (step !== "n" ? 1 : 0), n + (step !== "q" ? 1 : 0)]);
    }
    return found;
  }

  function svg(tag, attributes, text) {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    if (text !== undefined) element.textContent = text;
    return element;
  }

  // The plot; `chosen(place)` is called where somebody clicks near a cell. `mark(place)` shows where one is.
  function plot(path, name, chosen) {
    const [lastQ, lastN] = path[path.length - 1];
    const span = SIZE - LEFT - EDGE;
    const x = (q) => LEFT + (lastQ ? (q / lastQ) * span : span / 2);
    const y = (n) => SIZE - BOTTOM - (lastN ? (n / lastN) * (SIZE - BOTTOM - EDGE) : span / 2);
    const root = svg("svg", { viewBox: `0 0 ${SIZE} ${SIZE}`, role: "img", "aria-label": name });
    const line = (points, kind) =>
      root.append(svg("polyline", { points: points.map((p) => p.join()).join(" "), class: kind }));
    line([[LEFT, EDGE], [LEFT, SIZE - BOTTOM], [SIZE - EDGE, SIZE - BOTTOM]], "axis");
    line([[x(0), y(0)], [x(lastQ), y(lastN)]], "even");
    line(path.map(([q, n]) => [x(q), y(n)]), "way");
    for (const [q, n] of path) root.append(svg("circle", { cx: x(q), cy: y(n), r: 2.2, class: "cell" }));
    const label = (px, py, text, anchor) => root.append(svg("text", { x: px, y: py, "text-anchor": anchor }, text));
    label(LEFT, SIZE - BOTTOM + 14, "1", "middle");
    label(SIZE - EDGE, SIZE - BOTTOM + 14, String(lastQ + 1), "end");
    label(LEFT - 5, SIZE - BOTTOM, "1", "end");
    label(LEFT - 5, EDGE + 10, String(lastN + 1), "end");
    label((LEFT + SIZE) / 2, SIZE - 6, "frame of this action", "middle");
    const side = svg("text", { transform: `translate(12 ${(SIZE - BOTTOM) / 2}) rotate(-90)`, "text-anchor": "middle" },
      "frame of the near one");
    const here = svg("circle", { r: 5, class: "here" });
    root.append(side, here);

    root.addEventListener("click", (event) => {
      const bounds = root.getBoundingClientRect();
      const px = ((event.clientX - bounds.left) * SIZE) / bounds.width;
      const py = ((event.clientY - bounds.top) * SIZE) / bounds.height;
      let nearest = 0, least = Infinity;
      path.forEach(([q, n], place) => {
        const apart = Math.hypot(x(q) - px, y(n) - py);
        if (apart < least) { least = apart; nearest = place; }
      });
      chosen(nearest);
    });
    const mark = (place) => {
      here.setAttribute("cx", x(path[place][0]));
      here.setAttribute("cy", y(path[place][1]));
    };
    mark(0);
    return { element: root, mark };
  }

  return { frames, cells, plot };
})();
