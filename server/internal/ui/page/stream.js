import { $, setText } from "./dom.js";
import { announce } from "./actions.js";

const texts = { connecting: "Connecting", live: "Live", lost: "Reconnecting", resting: "Resting" };

// watch calls handlers with what the daemon tells, as long as the page is looked at.
export function watch(handlers, onGap) {
  let source = null, state = "connecting", process = null;
  const turn = (next) => {
    if (state === next) return;
    if (next === "lost") announce("The connection to headgate is lost");
    if (next === "live" && state === "lost") announce("Connected again");
    if (next === "live") onGap();
    state = next;
    $("link").dataset.state = next;
    setText($("link-text"), texts[next]);
  };
  const open = () => {
    if (source) return;
    source = new EventSource("stream");
    source.onerror = () => {
      turn("lost");
      if (source?.readyState === EventSource.CLOSED) { // it was answered, and not with a stream
        close();
        setTimeout(look, 3_000);
      }
    };
    source.addEventListener("books", (e) => {
      const overview = JSON.parse(e.data);
      if (process !== null && process !== overview.process) { // another headgate: the token of this page is void
        location.reload();
        return;
      }
      process = overview.process;
      turn("live");
      handlers.books(overview);
    });
    source.addEventListener("seen", (e) => handlers.seen(JSON.parse(e.data)));
  };
  const close = () => {
    source?.close();
    source = null;
  };
  const look = () => {
    if (document.hidden) {
      close();
      turn("resting");
    } else open();
  };
  document.addEventListener("visibilitychange", look);
  addEventListener("pagehide", close);
  addEventListener("pageshow", look);
  look();
}
