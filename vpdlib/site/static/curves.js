// The page of curves.
"use strict";

(() => {
  // Lines that are shown at first; of more the chart says that they are hidden.
  const SHOWN = 12;
  // Marks of one x lie beside one another, so many px apart in all, or a little each.
  const SPREAD = 60, STEP = 7;

  function fewShot(element, data) {
    const series = [];
    const step = Math.min(STEP, SPREAD / Math.max(1, data.lines.length - 1));
    const middle = (data.lines.length - 1) / 2;
    data.lines.forEach((line, index) => {
      const shift = (index - middle) * step;
      const look = { colour: line.method, mark: line.method, dash: line.head, off: index >= SHOWN, shift };
      if (line.top1.some((value) => value !== null)) {
        series.push({ name: line.name, ys: line.top1, spreads: line.std, ...look });
      }
      if (line.paper.some((value) => value !== null)) {
        series.push({ name: `${line.name}, paper`, ys: line.paper, hollow: true, ...look });
      }
    });
    const ks = data.ks;
    const ends = series.flatMap((one) => one.ys.flatMap((y, place) => {
      const spread = (one.spreads && one.spreads[place]) || 0;
      return y === null ? [] : [y - spread, y + spread];
    }));
    const yRange = [Math.max(0, Math.floor(Math.min(...ends)) - 2), Math.min(105, Math.ceil(Math.max(...ends)) + 2)];
    charts.draw(element, {
      label: "Accuracy by examples per class", xLabel: "training examples per class, k", yLabel: "top-1 accuracy, %",
      xs: ks, ticks: ks, log2: true, xRange: [ks[0] / 1.2, ks[ks.length - 1] * 1.2], yRange, series,
    });
  }

  function learning(element, data) {
    const student = data.students[Number(element.dataset.place)];
    charts.draw(element, {
      label: `Losses of ${student.name} by epoch`, xLabel: "epoch", yLabel: "loss (small is good)",
      xs: student.epochs, digits: 3, whole: true,
      lines: student.best ? [{ x: student.best, name: `best epoch, ${student.best}` }] : [],
      series: [
        { name: "training", ys: student.train, colour: 1, dash: 1 },
        { name: "validation", ys: student.val, colour: 0 },
      ],
    });
  }

  function scores(element, data) {
    charts.draw(element, {
      label: "Frames by the teacher's score", xLabel: "teacher's mean joint score", yLabel: "frames", digits: 0,
      lines: data.min_score === null ? [] : [{ x: data.min_score, name: `kept from ${data.min_score}` }],
      xs: data.centres, xRange: [0, 1], yRange: (plot, low, high) => [0, Math.max(1, high * 1.05)],
      series: [
        { name: "with an athlete", ys: data.all, bars: true, colour: 0 },
        { name: "kept", ys: data.kept, bars: true, colour: 5 },
      ],
    });
  }

  function ranks(element, data) {
    const series = data.lines.map((line, index) => {
      const ranked = data.percent[index].filter((value) => value !== null).sort((one, other) => one - other);
      return { line, ranked, off: index >= SHOWN };
    });
    const xs = data.names.map((_, index) => index + 1);
    charts.draw(element, {
      label: "Accuracy from the worst to the best", xLabel: "from the worst to the best", yLabel: "named rightly, %",
      xs, whole: true, xRange: [0.6, xs.length + 0.4], yRange: [0, 105], tabled: true,
      series: series.map(({ line, ranked, off }) => ({
        name: line.name, ys: xs.map((_, index) => (index < ranked.length ? ranked[index] : null)),
        colour: line.method, dash: line.head, mark: xs.length <= 60 ? line.method : undefined, off,
      })),
    });
  }

  const DRAW = { few_shot: fewShot, learning, scores, group: ranks, video: ranks };

  async function table(element) {
    const data = await vpd.load(`curves_${element.dataset.table}`);
    const rows = data.names.map((name, index) => {
      const row = { name, actions: data.actions[index] };
      data.lines.forEach((_, line) => { row[`line${line}`] = data.percent[line][index]; });
      return row;
    });
    const shown = (cell) => vpd.number(cell.getValue());
    const columns = [
      { title: element.dataset.table === "group" ? "athlete" : "video", field: "name", frozen: innerWidth > 600 },
      { title: "test actions", field: "actions", hozAlign: "right", sorter: "number" },
      ...data.lines.map((line, index) => ({
        title: `${line.name}, %`, field: `line${index}`, hozAlign: "right", sorter: "number", formatter: shown,
      })),
    ];
    vpd.table(element, {
      label: element.getAttribute("aria-label"), layout: "fitData",
      data: rows, columns,
    });
  }

  for (const element of document.querySelectorAll("[data-chart]")) {
    const name = element.dataset.chart;
    vpd.load(`curves_${name}`).then((data) => DRAW[name](element, data)).catch(vpd.told);
  }
  document.querySelectorAll("[data-table]").forEach((element) => table(element).catch(vpd.told));
})();
