// Making and changing elements. Text goes in as text: nothing here parses HTML.

export const $ = (id) => document.getElementById(id);

// el makes an element. Properties that start with "on" are listeners, "class" and what has a
// dash are attributes, the rest are properties. Children are nodes or texts; false ones are left out.
export function el(tag, props = {}, ...children) {
  return fill(document.createElement(tag), props, children);
}

// svg is el for SVG.
export function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

function fill(node, props, children) {
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "class" || name === "for" || name === "role" || name === "scope" || name.includes("-")) node.setAttribute(name, value);
    else node[name] = value;
  }
  node.append(...children.flat().filter((c) => c !== false && c !== null && c !== undefined));
  return node;
}

// setText changes a text only if it differs, so that nothing is painted or announced in vain.
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

export function show(node, visible) {
  if (node.hidden === visible) node.hidden = !visible;
}

const whole = new Intl.NumberFormat("en");
export const count = (n) => whole.format(n);

// rate writes a number per second with three digits at most.
export function rate(n) {
  if (n === 0) return "0";
  if (n < 10) return n.toFixed(1);
  if (n < 10_000) return whole.format(Math.round(n));
  return whole.format(Math.round(n / 1000)) + "k";
}

export const plural = (n, one, many = one + "s") => count(n) + " " + (n === 1 ? one : many);

const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3 });
const calendar = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });

export function time(at) {
  const date = new Date(at);
  return el("time", { dateTime: date.toISOString(), title: calendar.format(date) }, clock.format(date));
}

// ago tells how long ago something was, and goes on to by refreshAgo.
export function ago(at) {
  const date = new Date(at);
  return el("time", { dateTime: date.toISOString(), title: calendar.format(date), "data-ago": "" }, since(date));
}

export function refreshAgo() {
  for (const node of document.querySelectorAll("time[data-ago]")) setText(node, since(new Date(node.dateTime)));
}

function since(date) {
  const seconds = Math.max(0, (Date.now() - date) / 1000);
  return seconds < 5 ? "just now" : span(seconds) + " ago";
}

// span writes a length of time in its largest unit.
export function span(seconds) {
  let n = seconds;
  for (const [size, unit] of [[60, "s"], [60, "min"], [24, "h"], [Infinity, "d"]]) {
    if (n < size) return Math.floor(n) + " " + unit;
    n /= size;
  }
}

// marks are drawn, so that no state is told by colour alone and no font needs to have them.
const paths = {
  ok: "M3 8.5l3.2 3.2L13 4.9", retrying: "M13 8a5 5 0 1 1-1.6-3.7M13 2.5V5h-2.5", open: "M8 3v6M8 12v.5",
  paused: "M5.5 4v8M10.5 4v8", failed: "M4 4l8 8M12 4l-8 8", out: "M3.5 8h9", dead: "M4 4l8 8M12 4l-8 8", expired: "M8 4v4.5l2.5 1.5",
};

export function mark(name) {
  return svg("svg", { viewBox: "0 0 16 16", class: "mark", "aria-hidden": "true" }, svg("path", { d: paths[name] }));
}
