// A chart's files, made when they are asked for: of charts of which there are too many to draw when the site is built.
"use strict";

const chartFiles = (() => {
  const { h, number } = vpd;
  const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [720, 320, 56, 12, 12, 44];

  const quoted = (text) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

  function csv(spec) {
    const head = [spec.xLabel, ...spec.series.map((one) => one.name)].map(quoted).join(",");
    const rows = spec.xs.map((x, place) => [x, ...spec.series.map((one) => one.ys[place] ?? "")].join(","));
    return new Blob([[head, ...rows, ""].join("\n")], { type: "text/csv" });
  }

  // What is drawn, on the page's paper.
  function png(canvas) {
    const copy = h("canvas", { width: canvas.width, height: canvas.height });
    const ctx = copy.getContext("2d");
    ctx.fillStyle = getComputedStyle(document.body).backgroundColor;
    ctx.fillRect(0, 0, copy.width, copy.height);
    ctx.drawImage(canvas, 0, 0);
    return new Promise((resolve) => copy.toBlob(resolve, "image/png"));
  }

  function element(tag, attributes, ...children) {
    const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
  }

  // Round numbers from one end to the other, about as many as wanted.
  function ticks(low, high, wanted) {
    const rough = (high - low) / wanted;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((one) => one * power).find((one) => one >= rough);
    const first = Math.ceil(low / step - 1e-9);
    const found = [];
    for (let place = first; place * step <= high + 1e-9; place += 1) found.push(Number((place * step).toPrecision(10)));
    return found;
  }

  function svg(spec) {
    const [[x0, x1], [y0, y1]] = [spec.xRange, spec.yRange];
    const toX = (x) => LEFT + (WIDTH - LEFT - RIGHT) * (x - x0) / (x1 - x0);
    const toY = (y) => HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (y - y0) / (y1 - y0);
    const text = (x, y, said, more = {}) => element("text", { x, y, "text-anchor": "middle", ...more }, said);
    const line = (from, to) => element("line", { x1: from[0], y1: from[1], x2: to[0], y2: to[1], stroke: "#ccc" });
    const parts = [element("rect", { width: WIDTH, height: HEIGHT, fill: "#fff" })];
    for (const [from, to] of spec.spans || []) {
      parts.push(element("rect", { x: toX(from), y: TOP, width: toX(to) - toX(from), height: HEIGHT - TOP - BOTTOM,
        fill: "#fff3c4", stroke: "#57606a" }));
    }
    for (const x of ticks(x0, x1, 8)) {
      parts.push(line([toX(x), TOP], [toX(x), HEIGHT - BOTTOM]), text(toX(x), HEIGHT - BOTTOM + 16, String(x)));
    }
    for (const y of ticks(y0, y1, 5)) {
      parts.push(line([LEFT, toY(y)], [WIDTH - RIGHT, toY(y)]), text(LEFT - 6, toY(y) + 4, String(y), { "text-anchor": "end" }));
    }
    for (const one of spec.series) parts.push(element("path", { d: pathOf(spec.xs, one.ys, toX, toY), fill: "none",
      stroke: charts.look(one).stroke, "stroke-width": 2 }));
    const middle = (TOP + HEIGHT - BOTTOM) / 2;
    parts.push(text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, spec.xLabel),
      text(14, middle, spec.yLabel, { transform: `rotate(-90 14 ${middle})` }));
    const whole = element("svg", { width: WIDTH, height: HEIGHT, viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      "font-family": "sans-serif", "font-size": 12 }, element("title", {}, spec.label), ...parts);
    return new Blob([new XMLSerializer().serializeToString(whole)], { type: "image/svg+xml" });
  }

  // Broken where there is no number.
  function pathOf(xs, ys, toX, toY) {
    let path = "";
    let isOpen = false;
    ys.forEach((y, place) => {
      if (y !== null) path += `${isOpen ? "L" : "M"}${number(toX(xs[place]), 2)} ${number(toY(y), 2)}`;
      isOpen = y !== null;
    });
    return path;
  }

  function links(spec, canvas) {
    const makers = { SVG: () => svg(spec), PNG: () => png(canvas()), CSV: () => csv(spec) };
    const buttons = Object.entries(makers).map(([kind, make]) => h("button", {
      type: "button", class: "link", click: async () => vpd.download(`${spec.files}.${kind.toLowerCase()}`, await make()),
    }, kind));
    return h("p", { class: "note only-screen" }, "Figure: ", buttons.flatMap((one, place) => (place ? [", ", one] : [one])));
  }

  return { links };
})();
