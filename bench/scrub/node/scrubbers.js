// Scrubbers that are written in JavaScript, as subjects of the comparison.
//
// usage: node scrubbers.js DIR SCRUBBER
//
// DIR has the packages. It reads a setup from standard input and writes a report to standard output, as
// bench/internal/scrub does for Go.
'use strict';

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');

const [dir, name] = process.argv.slice(2);
const ENOUGH = 0.1e9, OFTEN = 50, SLOW = 1e9; // nanoseconds, as in bench/internal/scrub

// texts returns every string and number of a value: what holds it, where, and its text.
function texts(value, found = []) {
  if (value === null || typeof value !== 'object') return found;
  for (const [at, member] of Object.entries(value)) {
    if (typeof member === 'string') found.push({ holder: value, at, text: member });
    else if (typeof member === 'number') found.push({ holder: value, at, text: String(member) });
    else texts(member, found);
  }
  return found;
}

// Each of these makes a function that cleans a text.
const scrubbers = {
  // redact-pii with its built-in rules.
  'redact-pii': () => {
    const { SyncRedactor } = require(require.resolve('redact-pii', { paths: [dir] }));
    const redactor = new SyncRedactor();
    return (text) => redactor.redact(text);
  },
};

function nanoseconds() {
  const { user, system } = process.cpuUsage();
  return (user + system) * 1000;
}

// pass cleans the objects once, and returns what that took and what became of them.
function pass(clean, lines) {
  const objects = lines.map((line) => JSON.parse(line));
  const found = objects.flatMap((o) => texts(o));
  const start = nanoseconds();
  for (const t of found) t.cleaned = clean(t.text);
  const cpu = nanoseconds() - start;
  for (const t of found) if (t.cleaned !== t.text) t.holder[t.at] = t.cleaned;
  return { cpu, objects };
}

function measure(clean, set) {
  const text = fs.readFileSync(set.in, 'utf8');
  const lines = text.replace(/\n$/, '').split('\n');
  let { cpu, objects } = pass(clean, lines);
  if (set.out) fs.writeFileSync(set.out, objects.map((o) => JSON.stringify(o) + '\n').join(''), { mode: 0o600 });
  if (cpu < SLOW) {
    let total = 0, passes = 0;
    for (; total < ENOUGH && passes < OFTEN; passes++) total += pass(clean, lines).cpu;
    cpu = total / passes;
  }
  return { set: set.name, objects: lines.length, bytes: Buffer.byteLength(text), cpu: Math.round(cpu) };
}

// limited measures a set in a process of its own, which ends when it has taken too much processor time.
function limited(set) {
  const input = JSON.stringify({ sets: [{ ...set, limit: 0 }] });
  const seconds = Math.ceil(set.limit / 1e9) + 1; // and one for the start
  const child = spawnSync('/bin/sh', ['-c', `ulimit -t ${seconds}; exec "$0" "$@"`, process.execPath, ...process.argv.slice(1)], { input });
  if (child.status === 0) return { cost: JSON.parse(child.stdout).costs[0], over: false };
  return { cost: { set: set.name, objects: 1, bytes: fs.statSync(set.in).size, cpu: set.limit }, over: true };
}

function peak() {
  const [, kilobytes] = fs.readFileSync('/proc/self/status', 'utf8').match(/VmHWM:\s+(\d+)/);
  return kilobytes * 1024;
}

function main() {
  const clean = scrubbers[name]();
  const setup = JSON.parse(fs.readFileSync(0, 'utf8'));
  const costs = [];
  let over = false;
  for (const set of setup.sets) {
    if (!set.limit) {
      costs.push(measure(clean, set));
    } else if (!over) {
      const { cost, over: ended } = limited(set);
      costs.push(cost);
      over = ended;
    }
  }
  process.stdout.write(JSON.stringify({ costs, peak: peak() }));
}

main();
