// The video of the chosen action: its own file where the browser plays it, one that the user picks, or the clip.
"use strict";

const foundPlayer = (() => {
  // element: the <video>. tell: shows what is played and what is not. onTime: is told the time, seconds.
  function player(element, tell, onTime, aroundS) {
    const picked = new Map();
    let shown = null;
    let choices = [];
    let place = 0;
    let stopAt = Infinity;
    let wanted = 0;

    // Where a video may be had, best first: each has the time at which it begins, seconds of the video.
    function choicesOf(video, item, details) {
      const found = [];
      if (picked.has(video.name)) {
        found.push({ url: picked.get(video.name), from: 0, what: "the file that you picked" });
      }
      if (video.src) found.push({ url: video.src, from: 0, what: video.file });
      const clip = item && item.kind === "f" ? clipOf(item, details) : null;
      if (clip) {
        const first = corrections.frameAt(Math.max(item.start - aroundS, 0), video.fps);
        found.push({ url: clip, from: Math.max(first, 0) / video.fps, what: "the clip of the action" });
      }
      return found;
    }

    // As vpdlib/finding/clips.py names them; there, if somebody made the dataset's clips.
    function clipOf(item, details) {
      const time = (seconds) => seconds.toFixed(3).padStart(9, "0");
      const labelled = details?.[4];
      const end = labelled && labelled !== item.label ? `_labelled_${labelled}` : "";
      const name = `${item.video}_${time(item.start)}-${time(item.end)}${end}.mp4`;
      return `../../clips/${encodeURIComponent(item.label)}/${encodeURIComponent(name)}`;
    }

    function show(video, item, details) {
      const isOther = !shown || shown.video.name !== video.name || choices[place]?.what.startsWith("the clip");
      shown = { video, item, details };
      stopAt = Infinity;
      wanted = item ? item.start : 0;
      if (!isOther && !element.error) return seek(wanted);
      choices = choicesOf(video, item, details);
      place = 0;
      open();
    }

    function open() {
      const choice = choices[place];
      element.pause();
      if (!choice) {
        element.removeAttribute("src");
        element.load();
        tell(shown.video.file
          ? `${shown.video.file} is not there, or this browser does not play it: pick the file, or one that it plays ` +
            "(an MP4 of the same times). Without it everything else works."
          : "Keypoints stand in for this video: there is none to play.");
        return;
      }
      element.src = choice.url;
      tell("");
    }

    element.addEventListener("error", () => {
      if (!element.getAttribute("src")) return;
      place += 1;
      open();
    });
    element.addEventListener("loadedmetadata", () => {
      const choice = choices[place];
      if (!choice) return;
      // Sound without pictures is a file whose pictures this browser cannot decode.
      if (!element.videoWidth) {
        place += 1;
        open();
        return;
      }
      tell(choice.from || choice.what !== shown.video.file ? `Shown: ${choice.what}.` : "");
      seek(wanted);
    });

    const from = () => choices[place]?.from || 0;
    const time = () => (element.readyState ? element.currentTime + from() : wanted);
    // The picture that is shown, and the time in its middle, which no rounding moves to the next one.
    const frame = () => Math.floor(time() * shown.video.fps + 1e-3);
    const middle = (number) => (number + 0.5) / shown.video.fps;

    function seek(seconds) {
      wanted = Math.min(Math.max(seconds, 0), shown.video.duration);
      const number = Math.max(corrections.frameAt(wanted, shown.video.fps), 0);
      wanted = middle(number);
      if (element.readyState) element.currentTime = Math.max(wanted - from(), 0);
      onTime(wanted);
    }

    function step(frames) {
      if (!shown) return;
      element.pause();
      stopAt = Infinity;
      seek(Math.max(frame() + frames, 0) / shown.video.fps);
    }

    function toggle() {
      stopAt = Infinity;
      if (element.paused) play();
      else element.pause();
    }

    // A browser may refuse to play, as it says itself; a pause before it began is no error.
    function play() {
      element.play().catch((error) => { if (error.name !== "AbortError") tell(`Not played: ${error.message}`); });
    }

    function playSegment(segment) {
      if (!shown || !element.readyState) return;
      seek(segment.start - aroundS);
      stopAt = segment.end + aroundS;
      play();
    }

    // Files that the user picks: by name, or, of one alone, for the video that is shown.
    function pick(files, videos) {
      let num = 0;
      for (const file of files) {
        const video = videos.find((one) => one.file === file.name) || (files.length === 1 ? shown?.video : null);
        if (!video) continue;
        if (picked.has(video.name)) URL.revokeObjectURL(picked.get(video.name));
        picked.set(video.name, URL.createObjectURL(file));
        num += 1;
      }
      if (!num) {
        tell("None of these files is called as a video of this dataset. Choose a video, then pick its file alone.");
      } else if (shown && picked.has(shown.video.name)) {
        choices = choicesOf(shown.video, shown.item, shown.details);
        place = 0;
        open();
      }
    }

    function watch() {
      if (!element.paused && shown) {
        onTime(time());
        if (time() >= stopAt) {
          element.pause();
          stopAt = Infinity;
        }
      }
      requestAnimationFrame(watch);
    }
    requestAnimationFrame(watch);
    element.addEventListener("seeked", () => { if (shown && element.paused) onTime(time()); });

    return { show, seek, step, toggle, playSegment, pick, time, frame };
  }

  return { player };
})();
