// Timelines: the lanes of the chosen video, and a strip for every video.
"use strict";

const foundTimeline = (() => {
  const MOST_PX = 60000;
  const LANES = ["labelled", "found", "corrected"];

  // The lanes of one video. onChoose: gets the id of an action; onSeek: a time, seconds.
  function lanes(element, colourOf, onChoose, onSeek) {
    let video = null;
    let zoom = 1;
    let perSecond = 1;
    const head = vpd.h("div", { class: "found-head" });
    const whole = vpd.h("div", { class: "found-all", click: clicked });
    element.append(whole);

    function clicked(event) {
      if (event.target.closest("button")) return;
      onSeek((event.clientX - whole.getBoundingClientRect().left) / perSecond);
    }

    function draw(book, states, one, chosen, labelOfItem) {
      if (video !== one) zoom = Math.max(1, Math.min(12, one.duration / 90));
      video = one;
      const width = Math.min(Math.max(element.clientWidth - 2, 200) * zoom, MOST_PX);
      perSecond = width / one.duration;
      whole.style.width = `${width}px`;
      const rows = LANES.map((name, number) => {
        const lane = vpd.h("div", { class: "found-lane" }, vpd.h("span", {}, name));
        lane.style.top = `${2.2 * number}rem`;
        return lane;
      });
      for (const state of states) {
        const lane = state.kind === "l" ? 0 : state.kind === "n" ? 2 : 1;
        const isGone = state.decision === "rejected" || book.isReplaced(state.id);
        if (lane < 2) rows[lane].append(segment(labelOfItem(state), state.id === chosen, isGone, LANES[lane]));
        if (book.isPresent(state)) rows[2].append(segment(state, state.id === chosen, false, LANES[2]));
      }
      whole.replaceChildren(...rows, ticks(one.duration), head);
    }

    // As it was found or labelled; as it is now in the lane of corrections.
    function segment(one, isChosen, isGone, lane) {
      const button = vpd.h("button", {
        type: "button", tabindex: "-1", click: () => onChoose(one.id),
        class: `found-segment${isChosen ? " is-chosen" : ""}${isGone ? " is-gone" : ""}`,
        "aria-label": `${lane}: ${one.label}, ${foundItems.clock(one.start)} to ${foundItems.clock(one.end)}`,
        title: `${one.label}, ${foundItems.clock(one.start)}–${foundItems.clock(one.end)}`,
      }, one.label);
      button.style.left = `${one.start * perSecond}px`;
      button.style.width = `${Math.max((one.end - one.start) * perSecond, 6)}px`;
      button.style.borderLeftColor = colourOf(one.label);
      return button;
    }

    function ticks(duration) {
      const step = [1, 2, 5, 10, 30, 60, 120, 300, 600, 1800].find((one) => one * perSecond > 70) || 3600;
      const marks = [];
      for (let time = 0; time < duration; time += step) {
        const mark = vpd.h("span", {}, `${Math.floor(time / 60)}:${String(time % 60).padStart(2, "0")}`);
        mark.style.left = `${time * perSecond}px`;
        marks.push(mark);
      }
      return vpd.h("div", { class: "found-ticks", "aria-hidden": "true" }, marks);
    }

    function at(seconds) {
      head.style.left = `${seconds * perSecond}px`;
    }

    // Bring a segment into sight, without moving the page.
    function reveal(one) {
      const left = one.start * perSecond;
      const right = one.end * perSecond;
      if (left < element.scrollLeft || right > element.scrollLeft + element.clientWidth) {
        element.scrollLeft = Math.max((left + right - element.clientWidth) / 2, 0);
      }
    }

    function zoomBy(factor) {
      zoom = Math.min(Math.max(zoom * factor, 1), 200);
    }

    return { draw, at, reveal, zoomBy };
  }

  // A strip for every video, drawn when it comes into sight. ofVideo: from a name to its labels as corrected and what
  // was found there.
  function strips(list, videos, colourOf, ofVideo, onChoose) {
    const canvases = new Map();
    const inSight = new Set();
    const seen = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        const name = entry.target.dataset.video;
        if (entry.isIntersecting) {
          inSight.add(name);
          draw(name);
        } else inSight.delete(name);
      }
    }, { rootMargin: "200px" });
    for (const video of videos) {
      const canvas = vpd.h("canvas", { "aria-hidden": "true", "data-video": video.name });
      const counts = vpd.h("span", { class: "note" });
      const button = vpd.h("button", { type: "button", click: () => onChoose(video.name) },
        vpd.h("span", {}, video.name, counts), canvas);
      canvases.set(video.name, { video, canvas, counts, button });
      list.append(vpd.h("li", {}, button));
      count(video.name);
      seen.observe(canvas);
    }

    function count(name) {
      const { labels, found, disagree } = ofVideo(name);
      canvases.get(name).counts.textContent =
        `${labels.length} labelled, ${found.length} found${disagree.length ? `, ${disagree.length} disagree` : ""}`;
    }

    function draw(name) {
      const { video, canvas } = canvases.get(name);
      const { labels, found, disagree } = ofVideo(name);
      const scale = devicePixelRatio || 1;
      const width = canvas.clientWidth;
      const height = canvas.clientHeight;
      if (!width || !height) return;
      canvas.width = width * scale;
      canvas.height = height * scale;
      const pen = canvas.getContext("2d");
      pen.scale(scale, scale);
      const style = getComputedStyle(document.documentElement);
      pen.fillStyle = style.getPropertyValue("--raised");
      pen.fillRect(0, 0, width, height);
      const x = (seconds) => (seconds / video.duration) * width;
      const middle = Math.floor(height / 2);
      const bar = (one, top) => {
        pen.fillStyle = colourOf(one.label);
        pen.fillRect(x(one.start), top, Math.max(x(one.end) - x(one.start), 2), middle - 4);
      };
      labels.forEach((one) => bar(one, 2));
      found.forEach((one) => bar(one, middle + 2));
      pen.strokeStyle = style.getPropertyValue("--line");
      pen.strokeRect(0, middle, width, 0.01);
      pen.strokeStyle = style.getPropertyValue("--ink");
      pen.lineWidth = 1.5;
      for (const one of disagree) {
        const [left, top] = [x((one.start + one.end) / 2) - 4, middle - 4];
        pen.beginPath();
        pen.moveTo(left, top);
        pen.lineTo(left + 8, top + 8);
        pen.moveTo(left + 8, top);
        pen.lineTo(left, top + 8);
        pen.stroke();
      }
    }

    // Those out of sight are drawn when they come into sight: to ask for their size lays all of them out.
    function redraw(name) {
      count(name);
      if (inSight.has(name)) draw(name);
    }

    const redrawAll = () => canvases.forEach((_, name) => redraw(name));
    const drawAgain = () => inSight.forEach(draw);

    function mark(name) {
      for (const [other, { button }] of canvases) {
        if (other === name) button.setAttribute("aria-current", "true");
        else button.removeAttribute("aria-current");
      }
    }

    addEventListener("vpd-theme", drawAgain);
    let waiting = 0;
    addEventListener("resize", () => {
      cancelAnimationFrame(waiting);
      waiting = requestAnimationFrame(drawAgain);
    });
    return { redraw, redrawAll, mark };
  }

  return { lanes, strips };
})();
