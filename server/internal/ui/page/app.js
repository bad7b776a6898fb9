import { $, refreshAgo, show } from "./dom.js";
import { announce, busy, post, tell } from "./actions.js";
import { Events } from "./events.js";
import { Gate } from "./gate.js";
import { Letters } from "./letters.js";
import { Sinks } from "./sinks.js";
import { watch } from "./stream.js";

const gate = new Gate(), sinks = new Sinks(), events = new Events(), letters = new Letters();

watch({
  books(overview) {
    gate.update(overview);
    const troubled = sinks.update(overview);
    letters.update(overview);
    events.try(overview);
    show($("reload"), overview.can.reload);
    show($("events"), overview.can.watch);
    const off = overview.do_not_track.active ? "off – " : "";
    document.title = (troubled > 0 ? "(" + troubled + " in trouble) " : off) + "headgate";
    document.documentElement.dataset.ready = "true";
  },
  seen: (glimpse) => events.see(glimpse),
}, () => {
  gate.restart();
  sinks.restart();
});

setInterval(refreshAgo, 15_000);

$("reload").addEventListener("click", () => busy($("reload"), async () => {
  const { ok, status, body } = await post("/v1/reload");
  if (ok) tell("good", "The configuration was read again, and is in effect.");
  else if (status === 409) tell("bad", "Nothing was changed: the configuration has " + (body.problems.length === 1 ? "a problem." : body.problems.length + " problems."), body.problems);
  else tell("bad", "The configuration was not reloaded: " + body.error);
  announce(ok ? "Reloaded" : "Not reloaded");
}));
