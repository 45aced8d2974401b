/* A stand-in for Worker in pages opened from disk, where browsers start none: the search of the pages of docs/ runs in a
 * hidden frame instead. It does what the theme's search asks for and no more: messages both ways. */
"use strict";
if (location.protocol === "file:") {
  window.Worker = class extends EventTarget {
    constructor(url) {
      super();
      const frame = document.createElement("iframe");
      frame.hidden = true;
      document.body.append(frame);
      this.inner = frame.contentWindow;
      this.waiting = [];
      this.started = false;
      // In a frame, postMessage would send to the frame itself.
      this.inner.postMessage = (data) =>
        setTimeout(() => this.dispatchEvent(new MessageEvent("message", { data })));
      const script = frame.contentDocument.createElement("script");
      script.addEventListener("load", () => this.start());
      script.src = new URL(url, document.baseURI).href;
      frame.contentDocument.head.append(script);
    }

    start() {
      this.started = true;
      this.waiting.splice(0).forEach((data) => this.postMessage(data));
    }

    postMessage(data) {
      if (this.started) {
        this.inner.dispatchEvent(new this.inner.MessageEvent("message", { data }));
      } else {
        this.waiting.push(data);
      }
    }
  };
}
