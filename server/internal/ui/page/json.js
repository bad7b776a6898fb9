import { el } from "./dom.js";

// What the sanitiser leaves in the place of what it takes out.
const traces = /\[(?:redacted:[^\]]*|unscanned:\d+|truncated:\d+|unencodable[^\]]*)\]/g;

// traceCount returns how many of them a JSON value has.
export function traceCount(value) {
  return (JSON.stringify(value).match(traces) || []).length;
}

// marked splits a text at its traces, which are marked.
function marked(text) {
  const parts = [];
  let end = 0;
  for (const found of text.matchAll(traces)) {
    if (found.index > end) parts.push(text.slice(end, found.index));
    parts.push(el("mark", { class: "redacted" }, found[0]));
    end = found.index + found[0].length;
  }
  if (end < text.length) parts.push(text.slice(end));
  return parts;
}

// json shows a JSON value over several lines.
export function json(value) {
  return el("pre", { class: "json", tabIndex: 0, "aria-label": "The event as JSON", role: "region" }, el("code", {}, lines(value, "")));
}

function lines(value, indent) {
  if (Array.isArray(value)) return nested("[", "]", value.map((v) => lines(v, indent + "  ")), indent);
  if (value !== null && typeof value === "object") {
    const members = Object.entries(value).map(([key, v]) => [el("span", { class: "key" }, marked(JSON.stringify(key))), ": ", ...lines(v, indent + "  ")]);
    return nested("{", "}", members, indent);
  }
  const kind = value === null ? "null" : typeof value;
  return [el("span", { class: kind }, marked(JSON.stringify(value)))];
}

function nested(open, close, items, indent) {
  if (items.length === 0) return [open + close];
  const inner = items.flatMap((item, i) => ["\n" + indent + "  ", ...item, i < items.length - 1 ? "," : ""]);
  return [open, ...inner, "\n" + indent + close];
}
