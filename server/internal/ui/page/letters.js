import { $, ago, count, el, plural, setText, show } from "./dom.js";
import { announce, busy, confirm, get, post, tell, unlessFocused } from "./actions.js";
import { json } from "./json.js";

const most = 100; // letters shown

// Letters shows the dead letters, and sends or drops them.
export class Letters {
  constructor() {
    this.counts = "";
    $("letter-close").addEventListener("click", () => $("letter").close());
  }

  // update looks for letters when there are more or fewer than before.
  update({ dead_letters: kept, can }) {
    show($("letters"), can.dead_letters);
    const counts = JSON.stringify(kept);
    if (!can.dead_letters || counts === this.counts) return;
    this.counts = counts;
    this.boxes(kept);
    this.soon();
  }

  // soon lists them once a second at most.
  soon() {
    if (this.timer) return;
    this.timer = setTimeout(async () => {
      await this.list();
      this.timer = 0;
    }, this.listed ? 1_000 : 0);
    this.listed = true;
  }

  boxes(kept) {
    const full = Object.entries(kept).filter(([, n]) => n > 0);
    const focused = document.activeElement?.closest?.(".box")?.dataset.sink, which = document.activeElement?.className;
    $("boxes").replaceChildren(...full.map(([sink, n]) => el("li", { class: "box", "data-sink": sink },
      el("span", {}, el("strong", {}, sink), " ", count(n)),
      el("button", { type: "button", class: "replay", onclick: (e) => this.replay(e.currentTarget, sink, n) }, "Replay " + (n > 1 ? "all" : "it"), el("span", { class: "sr" }, " to " + sink)),
      el("button", { type: "button", class: "purge danger", onclick: (e) => this.purge(e.currentTarget, sink, n) }, "Purge", el("span", { class: "sr" }, " those of " + sink)))));
    if (focused && which) $("boxes").querySelector(`[data-sink="${CSS.escape(focused)}"] .${which.split(" ")[0]}`)?.focus();
    show($("letters-empty"), full.length === 0);
  }

  async list() {
    const list = await get("/v1/deadletters", { limit: most });
    if (!list) return;
    const total = list.total ?? list.letters.length;
    const focused = document.activeElement?.closest?.("tr"), which = focused ? [...focused.querySelectorAll("button")].indexOf(document.activeElement) : 0;
    $("letter-rows").replaceChildren(...list.letters.map((letter) => this.row(letter)));
    if (focused) this.buttons(focused.dataset.key)[which]?.focus();
    show($("letters-table"), list.letters.length > 0);
    show($("letters-empty"), list.letters.length === 0);
    show($("letters-note"), total > list.letters.length);
    setText($("letters-note"), "The newest " + count(list.letters.length) + " of " + count(total) + " are listed.");
  }

  buttons(key) {
    return $("letter-rows").querySelectorAll(`[data-key="${CSS.escape(key)}"] button`);
  }

  row(letter) {
    return el("tr", { "data-key": letter.sink + " " + letter.id },
      el("th", { scope: "row" }, el("span", { class: "name" }, letter.name), el("code", { class: "id" }, letter.id)),
      el("td", { "data-label": "Sink" }, letter.sink),
      el("td", { "data-label": "Why" }, el("span", { class: "reason" }, letter.reason.replaceAll("_", " ")), letter.error && el("code", { class: "answer" }, letter.error)),
      el("td", { "data-label": "Attempts", class: "num" }, count(letter.attempts)),
      el("td", { "data-label": "Given up" }, ago(letter.time)),
      el("td", { class: "actions" },
        el("button", { type: "button", "aria-label": "Show " + letter.name + " " + letter.id, onclick: (e) => this.show(e.currentTarget, letter) }, "Show"),
        el("button", { type: "button", "aria-label": "Replay " + letter.name + " " + letter.id, onclick: (e) => this.replay(e.currentTarget, letter.sink, 1, letter.id) }, "Replay")));
  }

  show(button, letter) {
    return busy(button, async () => {
      const list = await get("/v1/deadletters", { sink: letter.sink, id: letter.id });
      const full = list?.letters[0];
      if (!full) {
        tell("bad", "The dead letter is not there any more.");
        return;
      }
      setText($("letter-title"), full.name);
      const fact = (label, value) => [el("dt", {}, label), el("dd", {}, value)];
      $("letter-body").replaceChildren(
        el("dl", { class: "facts" }, fact("Sink", full.sink), fact("Why", full.reason.replaceAll("_", " ")), fact("Answer", el("code", {}, full.error || "none")),
          fact("Attempts", count(full.attempts)), fact("Given up", ago(full.time))),
        json(full.event));
      const key = letter.sink + " " + letter.id;
      $("letter").onclose = () => unlessFocused(() => this.buttons(key)[0]); // it may have been listed anew
      $("letter").showModal();
    });
  }

  replay(button, sink, n, id) {
    return busy(button, async () => {
      tell("info", "Sending " + plural(n, "dead letter") + " to " + sink + " again…");
      const { ok, body } = await post("/v1/deadletters/replay", id ? { sink, id } : { sink });
      const parts = [count(body.accepted || 0) + " accepted"];
      if (body.failed) parts.push(count(body.failed) + " not accepted, and kept");
      if (body.left) parts.push(count(body.left) + " not sent, and kept");
      tell(ok && !body.failed ? "good" : "bad", sink + ": " + parts.join(", ") + ".", body.error ? [body.error] : []);
      this.soon();
    });
  }

  purge(button, sink, n) {
    return busy(button, async () => {
      const what = plural(n, "dead letter");
      if (!await confirm("Purge " + what + " of " + sink + "?", "They are dropped for good. What has been counted stays counted.", "Purge " + count(n))) return;
      const { ok, body } = await post("/v1/deadletters/purge", { sink });
      tell(ok ? "good" : "bad", ok ? sink + ": " + plural(body.purged, "dead letter") + " purged." : sink + ": " + body.error);
      announce(ok ? "Purged" : "Not purged");
      this.soon();
    });
  }
}
