import { $, count, el, mark, plural, setText, show, time } from "./dom.js";
import { json, traceCount } from "./json.js";

const most = 200; // events kept, and shown

const results = {
  delivered: ["good", "ok", "delivered"],
  filtered: ["quiet", "out", "left out"],
  sampled_out: ["quiet", "out", "sampled out"],
  dead_lettered: ["bad", "dead", "dead-lettered"],
  expired: ["bad", "expired", "expired"],
  retrying: ["warn", "retrying", "retrying"],
};

const trouble = ["dead_lettered", "expired", "retrying"];

// Events shows events as they leave, the newest first: one row each, with what became of it at
// each sink.
export class Events {
  constructor() {
    this.rows = new Map(); // by id, the oldest first
    this.waiting = new Map(); // rows that are held back
    this.skipped = 0;
    this.oneIn = 1;
    this.heldByHand = false;
    this.order = [];
    $("hold").addEventListener("click", () => {
      this.heldByHand = !this.heldByHand;
      $("hold").setAttribute("aria-pressed", String(this.heldByHand));
      this.flow();
    });
    $("clear").addEventListener("click", () => {
      for (const row of this.rows.values()) row.node.remove();
      this.rows.clear();
      this.waiting.clear();
      this.skipped = 0;
      this.note();
    });
    $("filter").addEventListener("input", () => this.filter());
    $("outcome").addEventListener("change", () => this.filter());
    $("events-bar").addEventListener("submit", (e) => e.preventDefault());
    $("copy").addEventListener("click", async () => {
      await navigator.clipboard?.writeText($("try").textContent).catch(() => {});
      setText($("copy"), "Copied");
      setTimeout(() => setText($("copy"), "Copy"), 2_000);
    });
  }

  // held: nothing moves while an event is open, or while it was asked for.
  get held() {
    return this.heldByHand || [...this.rows.values()].some((row) => row.open);
  }

  see({ outcomes, skipped, one_in: oneIn }) {
    this.skipped += skipped;
    this.oneIn = oneIn;
    for (const outcome of outcomes) {
      if (!outcome) continue;
      const known = this.rows.get(outcome.id) || this.waiting.get(outcome.id);
      const row = known || new Row(outcome, this);
      row.add(outcome);
      if (!known) this.waiting.set(outcome.id, row);
      if (known && this.rows.has(outcome.id)) row.show(this.matches(row));
    }
    trim(this.waiting);
    this.flow();
  }

  // flow puts what waits in its place, unless it is held.
  flow() {
    if (!this.held && this.waiting.size > 0) {
      const nodes = [];
      for (const [id, row] of this.waiting) {
        this.rows.set(id, row);
        row.show(this.matches(row));
        nodes.unshift(row.node);
      }
      this.waiting.clear();
      $("event-list").prepend(...nodes);
      trim(this.rows, (row) => row.node.remove());
    }
    this.note();
  }

  filter() {
    for (const row of this.rows.values()) row.show(this.matches(row));
    this.note();
  }

  matches(row) {
    const text = $("filter").value.trim().toLowerCase(), outcome = $("outcome").value;
    if (text && !row.text.includes(text)) return false;
    switch (outcome) {
      case "": return true;
      case "redacted": return row.traces > 0;
      case "trouble": return row.results.some((r) => trouble.includes(r));
      case "left_out": return row.results.some((r) => r === "filtered" || r === "sampled_out");
      default: return row.results.includes(outcome);
    }
  }

  note() {
    const seen = this.rows.size > 0 || this.waiting.size > 0;
    show($("events-empty"), !seen);
    const notes = [];
    if (this.oneIn > 1) notes.push("Too many to show: one event in " + count(this.oneIn) + " is.");
    if (this.skipped > 0) notes.push(plural(this.skipped, "outcome") + " not shown; the books have them all.");
    if (this.waiting.size > 0) notes.push("Held: " + plural(this.waiting.size, "new event") + " below the surface.");
    const visible = [...this.rows.values()].filter((row) => !row.node.hidden).length;
    if (seen && visible === 0 && this.rows.size > 0) notes.push("No event of " + count(this.rows.size) + " passes the filter.");
    setText($("events-note"), notes.join(" "));
  }

  try({ listen, order, do_not_track: off }) {
    this.order = order;
    show($("events-try"), Boolean(listen) && order.length > 0 && !off.active);
    if (listen) setText($("try"), "curl " + listen + "/v1/events -H 'Content-Type: application/json' \\\n  -d '{\"name\": \"signup\", \"properties\": {\"plan\": \"pro\", \"email\": \"ada@example.com\"}}'");
  }
}

// trim drops the oldest of a map beyond the most.
function trim(rows, dropped = () => {}) {
  for (const [id, row] of rows) {
    if (rows.size <= most) return;
    rows.delete(id);
    dropped(row);
  }
}

let numbers = 0;

const names = new Intl.ListFormat("en");

class Row {
  constructor(outcome, events) {
    this.events = events;
    this.outcomes = new Map(); // the last of each sink
    this.traces = outcome.event ? traceCount(outcome.event) : 0;
    this.text = (outcome.name + " " + outcome.id + " " + JSON.stringify(outcome.event || "")).toLowerCase();
    this.open = false;
    this.chips = el("span", { class: "chips" });
    const id = "event-" + ++numbers;
    this.detail = el("div", { class: "detail", id, hidden: true });
    this.button = el("button", { type: "button", class: "summary", "aria-expanded": "false", "aria-controls": id, onclick: () => this.toggle() },
      el("span", { class: "when" }, time(outcome.at)),
      el("span", { class: "name" }, outcome.name),
      el("span", { class: "traces" }, this.traces > 0 && el("mark", { class: "redacted" }, this.traces + " redacted")),
      this.chips);
    this.node = el("li", { class: "event", "data-id": outcome.id }, this.button, this.detail);
  }

  get results() {
    return [...this.outcomes.values()].map((o) => o.result);
  }

  show(visible) {
    show(this.node, visible);
  }

  add(outcome) {
    const before = this.outcomes.get(outcome.sink);
    const tries = (before?.tries || 0) + (outcome.result === "filtered" || outcome.result === "sampled_out" ? 0 : 1);
    this.outcomes.set(outcome.sink, { ...outcome, tries });
    this.text += (" " + outcome.sink + " " + outcome.reason + " " + outcome.error).toLowerCase();
    this.chips.replaceChildren(...this.inOrder().map(chip));
    if (this.open) this.fill();
  }

  // inOrder returns the outcomes in the order of the sinks.
  inOrder() {
    const order = this.events.order;
    return [...this.outcomes.values()].sort((a, b) => order.indexOf(a.sink) - order.indexOf(b.sink));
  }

  toggle() {
    this.open = !this.open;
    this.button.setAttribute("aria-expanded", String(this.open));
    show(this.detail, this.open);
    if (this.open) this.fill();
    this.events.flow();
  }

  fill() {
    const list = el("ul", { class: "outcomes" }, this.inOrder().map((o) => {
      const why = [o.reason && el("code", {}, o.reason), o.error && el("code", { class: "answer" }, o.error)].filter(Boolean);
      return el("li", {}, chip(o), time(o.at), o.tries > 1 && el("span", {}, o.tries + " attempts"), why);
    }));
    // Sinks for which something of the event is changed get another version of it.
    const versions = new Map();
    for (const o of this.inOrder()) {
      const text = JSON.stringify(o.event);
      versions.set(text, { event: o.event, sinks: [...(versions.get(text)?.sinks || []), o.sink] });
    }
    this.detail.replaceChildren(list, ...[...versions.values()].map(({ event, sinks }) => el("div", { class: "version" },
      versions.size > 1 && el("p", { class: "note" }, "As " + names.format(sinks) + (sinks.length > 1 ? " get it:" : " gets it:")),
      event ? json(event) : el("p", { class: "note" }, "The event is too large to show."))));
  }
}

function chip(o) {
  const [tone, icon, label] = results[o.result] || ["warn", "open", o.result];
  const text = o.reason === "replayed" ? "delivered by a replay" : label;
  return el("span", { class: "chip " + tone, title: o.sink + ": " + text + (o.error ? ": " + o.error : "") },
    mark(icon), el("span", {}, o.sink), el("span", { class: o.result === "delivered" ? "sr" : "" }, " " + text), o.tries > 1 && el("span", { class: "tries" }, "×" + o.tries));
}
