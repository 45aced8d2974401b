// Charts by uPlot: lines that are told apart by colour, dashes and marks, a legend of buttons, the numbers as a table.
"use strict";

const charts = (() => {
  const { h, colour, number } = vpd;
  const DASHES = [[], [7, 4], [2, 4], [10, 3, 2, 3], [4, 2], [1, 2]];
  const RADIUS = 4;

  // Outlines of marks around a point, by number.
  const MARKS = [
    (path, x, y, r) => path.arc(x, y, r, 0, 2 * Math.PI),
    (path, x, y, r) => path.rect(x - r, y - r, 2 * r, 2 * r),
    (path, x, y, r) => polygon(path, [[x, y - 1.2 * r], [x + 1.1 * r, y + r], [x - 1.1 * r, y + r]]),
    (path, x, y, r) => polygon(path, [[x, y - 1.4 * r], [x + 1.4 * r, y], [x, y + 1.4 * r], [x - 1.4 * r, y]]),
    (path, x, y, r) => polygon(path, [[x, y + 1.2 * r], [x + 1.1 * r, y - r], [x - 1.1 * r, y - r]]),
    (path, x, y, r) => strokes(path, [[x - r, y - r, x + r, y + r], [x - r, y + r, x + r, y - r]]),
    (path, x, y, r) => strokes(path, [[x - r, y, x + r, y], [x, y - r, x, y + r]]),
  ];

  function polygon(path, corners) {
    corners.forEach(([x, y], index) => (index ? path.lineTo(x, y) : path.moveTo(x, y)));
    path.closePath();
  }

  function strokes(path, lines) {
    for (const [x0, y0, x1, y1] of lines) {
      path.moveTo(x0, y0);
      path.lineTo(x1, y1);
    }
  }

  const ofSheet = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  // What a series looks like, from the numbers of its colour, dashes and mark.
  const look = (one) => ({
    stroke: colour(one.colour || 0), dash: DASHES[(one.dash || 0) % DASHES.length],
    mark: one.mark === undefined ? null : MARKS[one.mark % MARKS.length],
  });

  // Marks and deviations, which uPlot has not.
  function drawMarks(plot, series) {
    const ctx = plot.ctx;
    const scale = devicePixelRatio;
    ctx.save();
    ctx.beginPath();
    // A mark on the edge is whole.
    const room = 2 * RADIUS * scale;
    ctx.rect(plot.bbox.left - room, plot.bbox.top - room, plot.bbox.width + 2 * room, plot.bbox.height + 2 * room);
    ctx.clip();
    series.forEach((one, index) => {
      if (!plot.series[index + 1].show) return;
      const { stroke, mark } = look(one);
      ctx.strokeStyle = stroke;
      ctx.fillStyle = one.hollow ? ofSheet("--paper") : stroke;
      ctx.lineWidth = 1.5 * scale;
      ctx.setLineDash([]);
      plot.data[0].forEach((x, place) => {
        const y = one.ys[place];
        if (y === null) return;
        const [left, top] = [plot.valToPos(x, "x", true) + (one.shift || 0) * scale, plot.valToPos(y, "y", true)];
        const spread = one.spreads && one.spreads[place];
        if (spread) {
          const path = new Path2D();
          const [high, low] = [plot.valToPos(y + spread, "y", true), plot.valToPos(y - spread, "y", true)];
          const w = 3 * scale;
          strokes(path, [[left, high, left, low], [left - w, high, left + w, high], [left - w, low, left + w, low]]);
          ctx.stroke(path);
        }
        if (!mark) return;
        const path = new Path2D();
        mark(path, left, top, RADIUS * scale);
        ctx.fill(path);
        ctx.stroke(path);
      });
    });
    ctx.restore();
  }

  // Stretches of time behind the lines, such as actions, with what they are called as far as it has room.
  function drawSpans(plot, spans) {
    const ctx = plot.ctx;
    ctx.save();
    for (const [from, to, name] of spans) {
      const [left, right] = [plot.valToPos(from, "x", true), plot.valToPos(to, "x", true)];
      ctx.fillStyle = ofSheet("--mark");
      ctx.fillRect(left, plot.bbox.top, right - left, plot.bbox.height);
      ctx.strokeStyle = ofSheet("--faint");
      ctx.lineWidth = 1;
      ctx.strokeRect(left, plot.bbox.top, right - left, plot.bbox.height);
      if (name) drawName(plot, name, left, right);
    }
    ctx.restore();
  }

  // Values of x that matter, such as a threshold: a line from top to bottom, with its name.
  function drawLines(plot, lines) {
    const ctx = plot.ctx;
    const scale = devicePixelRatio;
    ctx.save();
    ctx.strokeStyle = ctx.fillStyle = ofSheet("--ink");
    ctx.lineWidth = 1.5 * scale;
    ctx.font = `${12 * scale}px system-ui, sans-serif`;
    ctx.textBaseline = "top";
    for (const { x, name } of lines) {
      const left = plot.valToPos(x, "x", true);
      ctx.setLineDash([2 * scale, 3 * scale]);
      ctx.beginPath();
      ctx.moveTo(left, plot.bbox.top);
      ctx.lineTo(left, plot.bbox.top + plot.bbox.height);
      ctx.stroke();
      const toLeft = left > plot.bbox.left + plot.bbox.width / 2;
      ctx.textAlign = toLeft ? "right" : "left";
      ctx.fillText(name, left + (toLeft ? -5 : 5) * scale, plot.bbox.top + 3 * scale);
    }
    ctx.restore();
  }

  // A line that is moved sideways, so that lines of the same x do not lie on one another.
  function shifted(one) {
    return (plot) => {
      const path = new Path2D();
      let isOpen = false;
      plot.data[0].forEach((x, place) => {
        const y = one.ys[place];
        if (y === null) return;
        const left = plot.valToPos(x, "x", true) + one.shift * devicePixelRatio;
        path[isOpen ? "lineTo" : "moveTo"](left, plot.valToPos(y, "y", true));
        isOpen = true;
      });
      return { stroke: path };
    };
  }

  // In two lines of a long one, since stretches are narrow.
  function drawName(plot, name, left, right) {
    const ctx = plot.ctx;
    const size = 11 * devicePixelRatio;
    ctx.save();
    ctx.beginPath();
    ctx.rect(left, plot.bbox.top, right - left, plot.bbox.height);
    ctx.clip();
    ctx.fillStyle = ofSheet("--ink");
    ctx.font = `${size}px system-ui, sans-serif`;
    ctx.textBaseline = "top";
    const isLong = ctx.measureText(name).width > right - left - size / 2;
    const cut = isLong ? Math.ceil(name.length / 2) : name.length;
    const at = isLong ? name.slice(0, cut).search(/[ _-][^ _-]*$/) + 1 || cut : cut;
    [name.slice(0, at), name.slice(at)].forEach((line, row) => {
      ctx.fillText(line, left + size / 3, plot.bbox.top + size / 3 + 1.2 * row * size);
    });
    ctx.restore();
  }

  function swatch(one) {
    const canvas = h("canvas", { width: 56, height: 28, style: "width:28px;height:14px", "aria-hidden": "true" });
    const ctx = canvas.getContext("2d");
    const { stroke, dash, mark } = look(one);
    ctx.scale(2, 2);
    ctx.strokeStyle = ctx.fillStyle = stroke;
    ctx.lineWidth = 2;
    if (one.bars) {
      ctx.globalAlpha = one.colour ? 0.85 : 0.35;
      ctx.fillRect(4, 1, 20, 12);
    } else if (!one.hollow) {
      ctx.setLineDash(dash);
      ctx.beginPath();
      ctx.moveTo(0, 7);
      ctx.lineTo(28, 7);
      ctx.stroke();
    }
    if (mark) {
      const path = new Path2D();
      mark(path, 14, 7, RADIUS);
      ctx.setLineDash([]);
      if (!one.hollow) ctx.fill(path);
      ctx.stroke(path);
    }
    return canvas;
  }

  function seriesOf(one) {
    const { stroke, dash } = look(one);
    if (one.bars) {
      return {
        label: one.name, stroke, width: 1, fill: one.colour ? stroke : `${stroke}55`, points: { show: false },
        paths: uPlot.paths.bars({ size: [0.95, 100] }), show: !one.off,
      };
    }
    return {
      label: one.name, stroke, dash, width: one.hollow ? 0 : 2, points: { show: false }, spanGaps: !one.gaps,
      show: !one.off, paths: one.hollow ? () => null : one.shift ? shifted(one) : undefined,
    };
  }

  function optionsOf(spec, width, onCursor) {
    const axis = { stroke: ofSheet("--ink"), grid: { stroke: ofSheet("--line"), width: 1 }, ticks: { stroke: ofSheet("--line") } };
    const xAxis = { ...axis, label: spec.xLabel, labelSize: 24 };
    if (spec.whole) xAxis.incrs = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000];
    if (spec.ticks) Object.assign(xAxis, { splits: () => spec.ticks, values: (plot, splits) => splits.map(String) });
    return {
      width, height: spec.height || Math.max(260, Math.min(380, Math.round(width * 0.55))),
      legend: { show: false },
      scales: {
        x: { time: false, ...(spec.log2 ? { distr: 3, log: 2 } : {}), ...(spec.xRange ? { range: spec.xRange } : {}) },
        y: spec.yRange ? { range: spec.yRange } : {},
      },
      axes: [xAxis, { ...axis, label: spec.yLabel, labelSize: 24, size: 48 }],
      series: [{ label: spec.xLabel }, ...spec.series.map(seriesOf)],
      cursor: { points: { size: 7 }, drag: { x: false, y: false } },
      hooks: {
        drawClear: [(plot) => drawSpans(plot, spec.spans || [])],
        draw: [(plot) => drawLines(plot, spec.lines || []), (plot) => drawMarks(plot, spec.series)],
        setCursor: [onCursor],
      },
    };
  }

  // The numbers of a chart as a table, for those who do not see it.
  function numbers(spec) {
    const text = (one, place) => {
      const spread = one.spreads && one.spreads[place];
      return number(one.ys[place], spec.digits) + (spread ? ` ± ${number(spread, spec.digits)}` : "");
    };
    const table = h("table", { class: "plain" },
      h("thead", {}, h("tr", {}, [spec.xLabel, ...spec.series.map((one) => one.name)].map((name) =>
        h("th", { scope: "col" }, name)))),
      h("tbody", {}, spec.xs.map((x, place) => h("tr", {}, h("th", { scope: "row" }, String(x)),
        spec.series.map((one) => h("td", {}, text(one, place)))))));
    return h("div", { class: "numbers", tabindex: 0, role: "region", "aria-label": `Numbers: ${spec.label}` }, table);
  }

  // Stretches behind the lines are in the legend too, which cannot be hidden.
  const spanOf = (name) => h("li", { class: "span" }, h("span", { class: "swatch", "aria-hidden": "true" }), name);

  function legendOf(spec, toggle) {
    const values = spec.series.map(() => h("span", { class: "value", "aria-hidden": "true" }));
    const buttons = spec.series.map((one, index) => h("button", {
      type: "button", "aria-pressed": String(!one.off), click: () => turn(index, Boolean(one.off)),
    }, swatch(one), one.name, values[index]));
    // A line by itself needs no name beside that of the axis, and is not hidden.
    const isOne = spec.series.length === 1;
    const items = isOne ? [h("li", { class: "span" }, swatch(spec.series[0]), spec.series[0].name, values[0])]
      : buttons.map((button) => h("li", {}, button));
    if (spec.spansName && spec.spans.length) items.push(spanOf(spec.spansName));
    const list = h("ul", { class: "legend", "aria-label": `Lines of ${spec.label}` }, items);
    const note = h("p", { class: "note", role: "status" });
    const all = h("button", { type: "button", click: () => spec.series.forEach((_, index) => turn(index, true)) }, "Show all");
    const some = h("div", { class: "unshown" }, note, all);

    function turn(index, isShown) {
      if (isShown === !spec.series[index].off) return;
      spec.series[index].off = !isShown;
      buttons[index].setAttribute("aria-pressed", String(isShown));
      toggle(index, isShown);
      tell();
    }
    function tell() {
      const hidden = spec.series.filter((one) => one.off).length;
      note.textContent = `${hidden} of ${spec.series.length} lines ${hidden === 1 ? "is" : "are"} hidden, their names struck through.`;
      some.hidden = !hidden;
    }
    tell();
    return { list, values, some };
  }

  // Draw a chart into an element. spec: label, xLabel, yLabel, xs, series (name, ys, spreads, colour, dash, mark, hollow,
  // bars, off, shift: px to the right), and perhaps ticks, whole, log2, xRange, yRange, lines (x, name), spans, spansName,
  // digits, height, files (the name of those to download, where none were drawn when the site was built), and tabled
  // where the page has a table of the numbers anyway.
  function draw(element, spec) {
    let plot = null;
    const holder = h("div", { class: "chart", role: "img", "aria-label": `${spec.label}. Its numbers stand below.` });
    const legend = legendOf(spec, (index, show) => plot.setSeries(index + 1, { show }));
    const onCursor = (one) => {
      const place = one.cursor.idx;
      spec.series.forEach((series, index) => {
        const y = place === null || place === undefined ? null : series.ys[place];
        legend.values[index].textContent = y === null || y === undefined ? "" : number(y, spec.digits);
      });
    };
    const details = h("details", {}, h("summary", {}, "Numbers"));
    details.addEventListener("toggle", () => { if (details.children.length === 1) details.append(numbers(spec)); });
    const files = spec.files ? [chartFiles.links(spec, () => plot.ctx.canvas)] : [];
    element.replaceChildren(holder, legend.list, legend.some, ...(spec.tabled ? [] : [details]), ...files);
    const build = () => {
      if (plot) plot.destroy();
      const width = Math.max(200, holder.clientWidth);
      plot = new uPlot(optionsOf(spec, width, onCursor), [spec.xs, ...spec.series.map((one) => one.ys)], holder);
    };
    build();
    const watcher = new ResizeObserver(() => {
      if (!holder.isConnected) watcher.disconnect();
      else if (Math.abs(holder.clientWidth - plot.width) > 1 && holder.clientWidth > 0) build();
    });
    watcher.observe(holder);
    const retheme = () => { if (holder.isConnected) build(); };
    addEventListener("vpd-theme", retheme);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", retheme);
  }

  return { draw, look };
})();
