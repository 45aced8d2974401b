// What was done, kept in this browser by dataset and digest of its data.
"use strict";

const foundKept = (() => {
  const PREFIX = "vpd-corrections:";
  const CSV_AFTER_MS = 600;

  // tell: shows a message to the user, or takes it away (null). changed: another tab has done something.
  function keeper(data, book, tell, changed) {
    const key = `${PREFIX}${data.dataset}:${data.digest}`;
    let timer = 0;
    let isKept = true;

    function read() {
      const stored = localStorage.getItem(key);
      if (stored === null) return [];
      const edits = JSON.parse(stored);
      if (!Array.isArray(edits) || !edits.every(isEdit)) throw new SyntaxError("no list of edits");
      return edits.map(([id, video, start, end, label, decision, group]) =>
        ({ id, video, start, end, label, decision, group }));
    }

    function start() {
      try {
        book.replaceAll(read());
      } catch (error) {
        if (error instanceof SyntaxError) {
          // It is set aside, so that nothing is lost by the next edit.
          localStorage.setItem(`${PREFIX}damaged:${data.dataset}:${data.digest}`, localStorage.getItem(key));
          tell("What this browser kept of your corrections cannot be read; it is set aside, and you begin anew.");
        } else unkept(error);
      }
    }

    function save() {
      try {
        localStorage.setItem(key, JSON.stringify(book.edits.map((edit) =>
          [edit.id, edit.video, edit.start, edit.end, edit.label, edit.decision, edit.group || ""])));
        if (!isKept) tell(null);
        isKept = true;
      } catch (error) {
        unkept(error);
      }
      clearTimeout(timer);
      timer = setTimeout(saveTable, CSV_AFTER_MS);
    }

    // The table itself too: later pages, of other data, can still hand it out.
    function saveTable() {
      clearTimeout(timer);
      timer = 0;
      try {
        if (book.edits.length) localStorage.setItem(`${key}:csv`, corrections.csv(book.rows()));
        else localStorage.removeItem(`${key}:csv`);
      } catch (error) {
        unkept(error);
      }
    }

    function unkept(error) {
      isKept = false;
      const why = error.name === "QuotaExceededError"
        ? "its space for pages is full" : `${error.name}: ${error.message}`;
      tell(`This browser does not keep what you do (${why}). Download corrections.csv before you leave this page.`);
    }

    // Tables of earlier pages of this dataset, whose data were others: [key, text of the table].
    function earlier() {
      try {
        const start = `${PREFIX}${data.dataset}:`;
        return Object.keys(localStorage)
          .filter((name) => name.startsWith(start) && name.endsWith(":csv") && !name.startsWith(key))
          .map((name) => [name, localStorage.getItem(name)]);
      } catch (error) {
        unkept(error);
        return [];
      }
    }

    function forgetEarlier(name) {
      localStorage.removeItem(name);
      localStorage.removeItem(name.slice(0, -":csv".length));
    }

    addEventListener("pagehide", () => { if (timer) saveTable(); });
    addEventListener("beforeunload", (event) => { if (!isKept && book.edits.length) event.preventDefault(); });
    addEventListener("storage", (event) => {
      if (event.key !== key) return;
      start();
      changed();
    });
    return { start, save, earlier, forgetEarlier };
  }

  function isEdit(edit) {
    return Array.isArray(edit) && edit.length >= 6 && typeof edit[0] === "string" && typeof edit[1] === "string" &&
      Number.isFinite(edit[2]) && Number.isFinite(edit[3]) && typeof edit[4] === "string" &&
      ["", "accepted", "rejected"].includes(edit[5]);
  }

  return { keeper };
})();
