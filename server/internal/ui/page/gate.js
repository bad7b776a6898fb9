import { $, count, el, mark, rate, setText } from "./dom.js";
import { announce } from "./actions.js";
import { Meter, Spark } from "./spark.js";

const parts = [
  ["received", "", "Received", "came to the gate"],
  ["accepted", "=", "Accepted", "sealed and queued for every sink"],
  ["denied", "+", "Denied", "tracking was off, or the person refused"],
  ["rejected", "+", "Rejected", "broken, or there was no room"],
  ["duplicates", "+", "Duplicates", "had an id that was accepted before"],
];

// Gate shows whether events are taken, and what became of them: the first equation of the books.
export class Gate {
  constructor() {
    this.cells = new Map();
    for (const [key, sign, label, meaning] of parts) {
      const value = el("span", { class: "figure" }, "–"), per = el("span", { class: "per" }, "");
      const cell = { value, per, meter: new Meter(), spark: key === "received" ? new Spark() : null };
      this.cells.set(key, cell);
      $("books").append(el("div", { class: "cell", "data-key": key },
        el("dt", {}, sign && el("span", { class: "sign" }, sign), label),
        el("dd", {}, value, per, cell.spark && cell.spark.node, el("span", { class: "meaning" }, meaning))));
    }
  }

  restart() {
    for (const cell of this.cells.values()) cell.meter.restart();
  }

  update(overview) {
    const at = Date.parse(overview.at);
    for (const [key, cell] of this.cells) {
      const n = overview.books[key], now = cell.meter.add(at, n);
      setText(cell.value, count(n));
      setText(cell.per, rate(cell.meter.average) + "/s");
      cell.spark?.add(now);
    }
    this.track(overview);
  }

  track({ do_not_track: off, ready }) {
    const state = off.active ? "off" : ready ? "on" : "closed";
    const key = state + off.sources.join();
    if (this.state === key) return;
    const first = this.state === undefined;
    this.state = key;
    const node = $("tracking");
    node.dataset.state = state;
    if (off.active) {
      const by = off.sources.flatMap((source, i) => [i > 0 && ", ", el("code", {}, source)]);
      node.replaceChildren(mark("paused"), el("div", {},
        el("p", {}, el("strong", {}, "Tracking is off"), ", turned off by ", by, "."),
        el("p", {}, "No event is sealed, stored or sent, and no sink is open. Any one source is enough, and nothing overrules it: take each away to turn tracking on.")));
    } else if (!ready) {
      node.replaceChildren(mark("open"), el("p", {}, el("strong", {}, "The front door is closed"),
        ": headgate is starting or stopping. Senders are asked to come back; what is queued is being delivered."));
    } else {
      node.replaceChildren(mark("ok"), el("p", {}, el("strong", {}, "Tracking is on"), ". Nobody has turned it off."));
    }
    if (!first) announce(node.querySelector("strong").textContent);
  }
}
