import { $, count, el, mark, plural, rate, setText, show, span } from "./dom.js";
import { announce, busy, post, tell } from "./actions.js";
import { Meter, Spark } from "./spark.js";

const states = {
  ok: ["ok", "ok", "OK"],
  retrying: ["warn", "retrying", "Retrying"],
  open: ["bad", "open", "Circuit open"],
  paused: ["warn", "paused", "Paused"],
  failed: ["bad", "failed", "Failed"],
  shut: ["quiet", "out", "Not open"],
};

const meanings = {
  ok: "It takes what it is sent.",
  retrying: "The last attempt failed; the next one follows by itself.",
  open: "It keeps failing, so that one attempt at a time is made.",
  paused: "The destination has asked for a pause.",
  held: "You have paused it: events wait in the queue, within its bounds, until you resume it or headgate ends.",
  shut: "No sink is open while tracking is off.",
  failed: "It refuses the credentials, or could not be opened. It is tried again once a minute.",
};

// The ends of an event at a sink, in the order of the equation.
const ends = [
  ["delivered", "delivered"], ["filtered", "filtered"], ["sampled_out", "sampled out"], ["dead_lettered", "dead-lettered"],
  ["expired", "expired"], ["overflowed", "overflowed"], ["queued", "queued"],
];

// noticed is how many seconds the oldest event may wait, as any does for its batch, before that is shown.
const noticed = 5;

// Sinks shows each sink and its books.
export class Sinks {
  constructor() {
    this.cards = new Map();
  }

  restart() {
    for (const card of this.cards.values()) card.meter.restart();
  }

  update(overview) {
    const names = overview.order.length > 0 ? overview.order : Object.keys(overview.sinks).sort();
    for (const [name, card] of this.cards) {
      if (!(name in overview.sinks)) {
        card.node.remove();
        this.cards.delete(name);
      }
    }
    names.forEach((name, i) => {
      const sink = overview.sinks[name];
      if (!sink) return;
      const known = this.cards.get(name);
      const card = known || new Card(name, overview.can);
      this.cards.set(name, card);
      const list = $("sink-list");
      if (list.children[i] !== card.node) list.insertBefore(card.node, list.children[i] || null);
      card.update(sink, overview, !known);
    });
    show($("sinks-empty"), names.length === 0);
    const off = overview.do_not_track.active;
    const troubled = off ? 0 : names.filter((name) => ["retrying", "open", "failed"].includes(overview.sinks[name]?.state)).length;
    setText($("sinks-lead"), names.length === 0 ? "Where accepted events go."
      : plural(names.length, "sink") + (off ? ", none open while tracking is off." : troubled ? ", " + troubled + " in trouble." : ", none in trouble."));
    return troubled;
  }
}

class Card {
  constructor(name, can) {
    this.name = name;
    this.meter = new Meter();
    this.spark = new Spark();
    this.badge = el("span", { class: "badge" });
    this.type = el("span", { class: "type" });
    this.meaning = el("p", { class: "meaning" });
    this.figures = {};
    const figure = (key, label, ...more) => {
      const value = el("span", { class: "figure" }, "0");
      this.figures[key] = value;
      return el("div", { class: "cell" }, el("dt", {}, label), el("dd", {}, value, ...more));
    };
    this.oldest = el("span", { class: "per", title: "since the oldest of them was accepted", hidden: true });
    this.error = el("p", { class: "error" });
    this.segments = ends.map(([key]) => el("span", { class: "segment " + key }));
    this.bar = el("div", { class: "flow", "aria-hidden": "true" }, this.segments);
    this.left = el("span");
    this.terms = ends.map(([key, label]) => {
      const n = el("span", { class: "n" });
      return { key, n, node: el("span", { class: "term " + key }, key !== "delivered" && el("span", { class: "plus" }, "+"), el("span", { class: "swatch" }), n, " " + label) };
    });
    this.equation = el("p", { class: "equation" }, this.left, " = ", this.terms.map((term) => term.node));
    this.reasons = el("ul", { class: "reasons" });
    this.more = el("details", {}, el("summary", {}, "Reasons", el("span", { class: "sr" }, " at " + name)), this.reasons);
    this.button = el("button", { type: "button", onclick: () => this.toggle() }, "Pause");
    this.letters = el("a", { href: "#letters", class: "pill", hidden: true });
    this.node = el("li", { class: "sink", "data-sink": name },
      el("div", { class: "sink-head" },
        el("h3", {}, name), this.type, this.badge, this.letters, can.pause && this.button),
      this.meaning, this.error,
      el("dl", { class: "figures" },
        figure("rate", "Delivered per second", this.spark.node), figure("queued", "Queued", " ", this.oldest), figure("delivered", "Delivered"), figure("retries", "Retries"), figure("lost", "Lost")),
      this.bar, this.equation, this.more);
  }

  update(sink, overview, first) {
    const at = Date.parse(overview.at);
    const now = this.meter.add(at, sink.delivered);
    this.spark.add(now);
    setText(this.figures.rate, rate(this.meter.average));
    setText(this.figures.queued, count(sink.queued));
    const age = sink.oldest_event_age_seconds || 0;
    show(this.oldest, age >= noticed);
    setText(this.oldest, "oldest " + span(age));
    setText(this.figures.delivered, count(sink.delivered));
    setText(this.figures.retries, count(sink.retries));
    const lost = sink.expired + sink.overflowed;
    setText(this.figures.lost, count(lost));
    this.figures.lost.classList.toggle("bad", lost > 0);
    setText(this.type, sink.type === this.name ? "" : sink.type);
    show(this.type, sink.type !== this.name);
    this.state(sink, overview.do_not_track.active, first);
    show(this.error, sink.last_error !== "");
    setText(this.error, sink.last_error);
    const letters = overview.dead_letters[this.name] || 0;
    show(this.letters, letters > 0);
    setText(this.letters, plural(letters, "dead letter"));
    this.books(sink, overview.books);
  }

  state(sink, off, first) {
    const state = off ? "shut" : sink.paused_by_operator ? "held" : sink.state;
    if (this.shown === state) return;
    this.shown = state;
    const look = state === "held" ? "paused" : state;
    const [tone, icon, label] = states[look] || ["warn", "open", look];
    const text = state === "held" ? "Paused by you" : label;
    this.node.dataset.state = look;
    this.badge.className = "badge " + tone;
    this.badge.replaceChildren(mark(icon), text);
    setText(this.meaning, meanings[state] || "");
    show(this.meaning, state !== "ok");
    show(this.button, state !== "shut");
    setText(this.button, state === "held" ? "Resume" : "Pause");
    this.button.setAttribute("aria-label", (state === "held" ? "Resume " : "Pause ") + this.name);
    if (!first) announce(this.name + ": " + text);
  }

  books(sink, { accepted }) {
    const total = Math.max(1, accepted + sink.recovered);
    ends.forEach(([key], i) => {
      this.segments[i].style.flexGrow = String(sink[key] / total);
      show(this.segments[i], sink[key] > 0);
    });
    setText(this.left, count(accepted) + " accepted" + (sink.recovered ? " + " + count(sink.recovered) + " recovered" : ""));
    for (const { key, n, node } of this.terms) {
      setText(n, count(sink[key]));
      show(node, sink[key] > 0 || key === "delivered");
    }
    const reasons = Object.entries(sink.reasons || {}).map(([reason, n]) => count(n) + " " + reason);
    if (reasons.length === 0) show(this.more, false);
    if (this.told !== reasons.join()) {
      this.told = reasons.join();
      show(this.more, reasons.length > 0);
      this.reasons.replaceChildren(...reasons.map((text) => el("li", {}, el("code", {}, text))));
    }
  }

  toggle() {
    const resume = this.shown === "held";
    return busy(this.button, async () => {
      const answer = await post(resume ? "/v1/sinks/resume" : "/v1/sinks/pause", { sink: this.name });
      if (!answer.ok) tell("bad", this.name + " could not be " + (resume ? "resumed" : "paused") + ": " + answer.body.error);
    });
  }
}
