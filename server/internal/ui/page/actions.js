import { $, el } from "./dom.js";

const token = document.querySelector('meta[name="headgate-token"]').content;

// post asks for something to be done. It returns the status and what was answered.
export async function post(path, query = {}) {
  const to = path + (Object.keys(query).length ? "?" + new URLSearchParams(query) : "");
  try {
    const response = await fetch(to, { method: "POST", headers: { "X-Headgate-Token": token } });
    return { ok: response.ok, status: response.status, body: await response.json().catch(() => ({})) };
  } catch {
    return { ok: false, status: 0, body: { error: "headgate does not answer" } };
  }
}

// get asks for JSON; it is null if there is none.
export async function get(path, query = {}) {
  try {
    const response = await fetch(path + "?" + new URLSearchParams(query));
    return response.ok ? await response.json() : null;
  } catch {
    return null;
  }
}

// busy runs something while its button says so and cannot be pressed again. It is not
// disabled, or it would lose the focus.
export async function busy(button, work) {
  if (button.getAttribute("aria-busy") === "true") return;
  button.setAttribute("aria-busy", "true");
  try {
    await work();
  } finally {
    button.removeAttribute("aria-busy");
  }
}

// tell shows a message under the header. It goes after a while if it is good news, else when
// it is closed or something else is told.
export function tell(kind, text, list = []) {
  const close = el("button", { type: "button", class: "icon close", "aria-label": "Close the message", onclick: () => message.remove() });
  const message = el("div", { class: "panel message " + kind },
    el("div", {}, el("p", {}, text), list.length > 0 && el("ul", {}, list.map((item) => el("li", {}, el("code", {}, item))))), close);
  $("messages").replaceChildren(message);
  if (kind === "good") setTimeout(() => message.matches(":hover, :focus-within") || message.remove(), 10_000);
}

// confirm asks before something that cannot be undone. Cancel has the focus.
export function confirm(title, text, action) {
  const dialog = $("confirm"), opener = document.activeElement;
  $("confirm-title").textContent = title;
  $("confirm-text").textContent = text;
  $("confirm-yes").textContent = action;
  return new Promise((answer) => {
    const end = (yes) => { dialog.close(); answer(yes); };
    $("confirm-yes").onclick = () => end(true);
    $("confirm-no").onclick = () => end(false);
    dialog.onclose = () => { // later, by which time it may be open again
      if (dialog.open) return;
      unlessFocused(() => opener);
      answer(false); // if it was closed by a key
    };
    dialog.showModal();
    $("confirm-no").focus();
  });
}

// unlessFocused gives the focus to what is found if nothing has it. A dialog gives it back as it closes, unless that
// is gone; the event comes later, when the person may have moved on.
export function unlessFocused(find) {
  if (document.activeElement === document.body) find()?.focus?.();
}

let waiting = [], announcing = 0;

// announce tells a screen reader, a few things at a time and never more often than every five seconds.
export function announce(text) {
  waiting.push(text);
  if (announcing) return;
  const next = () => {
    if (waiting.length === 0) {
      announcing = 0;
      return;
    }
    const many = waiting.length > 3;
    $("announce").textContent = waiting.slice(0, 3).join(". ") + (many ? ", and more" : "");
    waiting = [];
    announcing = setTimeout(next, 5_000);
  };
  next();
}
