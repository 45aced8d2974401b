// A clip with a skeleton and a box drawn over it, frame by frame; one clip serves every pose that is drawn.
"use strict";

const vpdPlayer = (() => {
  const LEFT = "#56b4e9", RIGHT = "#e69f00", MIDDLE = "#f5f5f5", OUTLINE = "#000";
  const UNSURE = 3; // tenths of a teacher's score
  const players = new Set();
  // What is drawn, for all players of the page.
  const drawing = { pose: "", box: true, skeleton: null, speed: 1 };

  function redraw() {
    for (const player of players) {
      setSpeed(player.video);
      player.draw();
    }
  }

  // A video takes the one when it plays, the other whenever it is loaded.
  function setSpeed(video) {
    video.playbackRate = video.defaultPlaybackRate = drawing.speed;
  }

  // Whether nobody is followed in a frame, of a clip whose video has a track.
  const isLost = (clip, frame) => clip.boxes.length > 0 && !clip.boxes[frame];

  const timeOf = (clip, frame) => `${frame + 1} of ${clip.ms.length}, ${vpd.number(clip.ms[frame] / 1000, 2)} s`;

  function forget() {
    for (const player of players) player.video.pause();
    players.clear();
  }

  // The last frame that is shown at a time, ms.
  function frameAt(ms, time) {
    let low = 0, high = ms.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (ms[middle] <= time + 2) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  function strokes(context, from, to, colour, dashed, thick) {
    for (const [style, width] of [[OUTLINE, thick + 2], [colour, thick]]) {
      context.beginPath();
      context.setLineDash(dashed ? [3, 3] : []);
      context.strokeStyle = style;
      context.lineWidth = width;
      context.moveTo(from[0], from[1]);
      context.lineTo(to[0], to[1]);
      context.stroke();
    }
  }

  function paintPose(context, joints, scores) {
    const point = (joint) => (joints[2 * joint] === null ? null : [joints[2 * joint], joints[2 * joint + 1]]);
    const unsure = (joint) => Boolean(scores) && Number(scores[joint]) < UNSURE;
    const { bones, sides } = drawing.skeleton;
    const colour = (...ends) => {
      const side = ends.map((joint) => sides[joint]);
      return side.every((one) => one === 0) ? LEFT : side.every((one) => one === 1) ? RIGHT : MIDDLE;
    };
    for (const [a, b] of bones) {
      if (point(a) && point(b)) strokes(context, point(a), point(b), colour(a, b), unsure(a) || unsure(b), 2);
    }
    context.setLineDash([]);
    sides.forEach((_, joint) => {
      if (!point(joint)) return;
      context.beginPath();
      context.arc(...point(joint), 2.6, 0, 2 * Math.PI);
      context.lineWidth = unsure(joint) ? 3 : 1;
      context.strokeStyle = OUTLINE;
      context.fillStyle = colour(joint);
      if (!unsure(joint)) context.fill();
      context.stroke();
      if (!unsure(joint)) return;
      // A ring: what is seen through it is the picture.
      context.lineWidth = 1.4;
      context.strokeStyle = colour(joint);
      context.stroke();
    });
  }

  function paintLost(context) {
    const text = "not followed here";
    context.font = "bold 12px system-ui, sans-serif";
    context.fillStyle = "#000c";
    context.fillRect(4, 4, context.measureText(text).width + 10, 19);
    context.fillStyle = "#fff";
    context.fillText(text, 9, 18);
  }

  // Below a slider, where along it nobody is followed; null where somebody always is.
  function lostStrip(clip) {
    const count = clip.ms.length;
    const stripes = clip.ms.flatMap((_, frame) => (isLost(clip, frame)
      ? [`linear-gradient(var(--bad), var(--bad)) ${count > 1 ? 100 * frame / (count - 1) : 0}% 0 / ${100 / count + 0.4}% 100% no-repeat`]
      : []));
    if (!stripes.length) return null;
    return vpd.h("span", { class: "lost", title: "nobody is followed", style: `background: ${stripes.join(", ")}` });
  }

  function paintBox(context, [x0, y0, x1, y1]) {
    context.setLineDash([]);
    for (const [style, width] of [[OUTLINE, 3], ["#fff", 1.2]]) {
      context.strokeStyle = style;
      context.lineWidth = width;
      context.strokeRect(x0, y0, x1 - x0, y1 - y0);
    }
  }

  // Below the picture, since a browser's own controls hide what is drawn over it; the slider goes frame by frame.
  function barOf(video, clip, name, show) {
    const button = vpd.h("button", { type: "button", click: toggle });
    const slider = vpd.h("input", {
      type: "range", min: 0, max: clip.ms.length - 1, value: clip.poster, step: 1, "aria-label": `Frame, ${name}`,
    });
    function toggle() {
      if (video.paused) video.play();
      else video.pause();
    }
    function told() {
      button.textContent = video.paused ? "▶" : "❚❚";
      button.setAttribute("aria-label", `${video.paused ? "Play" : "Pause"}, ${name}`);
    }
    for (const event of ["play", "pause", "ended"]) video.addEventListener(event, told);
    video.addEventListener("click", toggle);
    slider.addEventListener("input", () => { video.pause(); show(Number(slider.value)); });
    told();
    const time = vpd.h("span", { class: "time", "aria-hidden": "true" });
    function mark(frame) {
      slider.value = frame;
      time.textContent = timeOf(clip, frame);
      slider.setAttribute("aria-valuetext", `frame ${timeOf(clip, frame)}${isLost(clip, frame) ? ", not followed" : ""}`);
    }
    mark(clip.poster);
    const along = vpd.h("span", { class: "along" }, slider, lostStrip(clip));
    return { element: vpd.h("div", { class: "bar" }, button, along, time), mark };
  }

  function videoOf(id, name) {
    const path = `${vpd.root}/clips/${encodeURIComponent(id)}`;
    const video = vpd.h("video", {
      preload: "none", playsinline: true, "aria-label": name, poster: `${path}.jpg`, src: `${path}.mp4`, tabindex: "-1",
    });
    video.muted = true;
    return video;
  }

  // In place of a video where there are keypoints alone: it plays, stops and is set to a time as one does.
  class Clock extends EventTarget {
    constructor(ms) {
      super();
      const last = ms[ms.length - 1];
      const step = ms.length > 1 ? last / (ms.length - 1) : 40;
      Object.assign(this, { duration: (last + step) / 1000, paused: true, ended: false, readyState: 4, seeking: false });
      Object.assign(this, { from: 0, since: 0, rate: 1 });
    }
    get playbackRate() { return this.rate; }
    set playbackRate(rate) { Object.assign(this, { from: this.currentTime, since: performance.now(), rate }); }
    get currentTime() {
      if (this.paused) return this.from;
      return Math.min(this.duration, this.from + this.rate * (performance.now() - this.since) / 1000);
    }
    set currentTime(seconds) {
      Object.assign(this, { from: Math.max(0, Math.min(this.duration, seconds)), since: performance.now(), ended: false });
      this.tell("seeked");
    }
    tell(...events) {
      for (const event of events) this.dispatchEvent(new Event(event));
    }
    play() {
      if (!this.paused) return;
      Object.assign(this, { from: this.ended ? 0 : this.from, since: performance.now(), paused: false, ended: false });
      const tick = () => {
        if (this.paused) return;
        if (this.currentTime < this.duration) { requestAnimationFrame(tick); return; }
        Object.assign(this, { from: this.duration, paused: true, ended: true });
        this.tell("pause", "ended");
      };
      this.tell("play", "playing");
      tick();
    }
    pause() {
      if (this.paused) return;
      Object.assign(this, { from: this.currentTime, paused: true });
      this.tell("pause");
    }
  }

  // A player of an action's clip; `name` says which for those who do not see it.
  function create(id, clip, name) {
    const [width, height] = clip.size;
    const canvas = vpd.h("canvas", { width: 2 * width, height: 2 * height, "aria-hidden": "true" });
    const video = clip.file ? videoOf(id, name) : new Clock(clip.ms);
    if (!clip.file) {
      canvas.removeAttribute("aria-hidden");
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", name);
    }
    const bar = barOf(video, clip, name, (frame) => player.show(frame));
    const picture = clip.file ? [video, canvas] : [canvas];
    const press = clip.file ? null : () => video.dispatchEvent(new Event("click"));
    const element = vpd.h("div", {},
      vpd.h("div", { class: "player", style: `aspect-ratio: ${width} / ${height}`, click: press }, picture), bar.element);
    const player = { element, video, clip, at: clip.poster, told: null, wanted: null };

    player.draw = () => {
      const context = canvas.getContext("2d");
      context.setTransform(2, 0, 0, 2, 0, 0);
      context.clearRect(0, 0, width, height);
      const box = clip.boxes[player.at];
      if (drawing.box && box && box.every((side) => side !== null)) paintBox(context, box);
      const joints = (clip.poses[drawing.pose] || [])[player.at];
      if (isLost(clip, player.at)) paintLost(context);
      // Only the teacher has scores.
      if (joints) paintPose(context, joints, drawing.pose === "teacher" ? clip.scores[player.at] : null);
    };
    const reached = (seconds) => {
      player.at = frameAt(clip.ms, 1000 * seconds);
      player.draw();
      bar.mark(player.at);
      if (player.told) player.told(player.at);
    };
    follow(video, reached);

    // Shows a frame: in its middle, since a seek to its very beginning may end a frame before it.
    player.show = (frame) => {
      const at = Math.max(0, Math.min(frame, clip.ms.length - 1));
      const next = at + 1 < clip.ms.length ? clip.ms[at + 1] : clip.ms[at] + 20;
      player.wanted = (clip.ms[at] + next) / 2000;
      if (video.readyState === 0) {
        if (video.preload !== "auto") { video.preload = "auto"; video.load(); }
      } else if (!video.seeking) seek();
    };
    function seek() {
      if (player.wanted === null) return;
      const wanted = player.wanted;
      player.wanted = null;
      if (Math.abs(video.currentTime - wanted) > 0.001) video.currentTime = wanted;
    }
    // A frame that was asked for while another was looked for.
    video.addEventListener("loadedmetadata", seek);
    video.addEventListener("seeked", seek);
    players.add(player);
    setSpeed(video);
    player.draw();
    return player;
  }

  // Calls back with the time of every picture that is shown.
  function follow(video, reached) {
    if ("requestVideoFrameCallback" in video) {
      const told = (_, picture) => { reached(picture.mediaTime); video.requestVideoFrameCallback(told); };
      video.requestVideoFrameCallback(told);
      return;
    }
    const whilePlaying = () => {
      reached(video.currentTime);
      if (!video.paused) requestAnimationFrame(whilePlaying);
    };
    video.addEventListener("playing", whilePlaying);
    video.addEventListener("seeked", () => reached(video.currentTime));
  }

  return { create, drawing, redraw, forget };
})();
