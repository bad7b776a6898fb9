import { svg } from "./dom.js";

const length = 60; // samples, one a second

// Spark is a line of the last minute.
export class Spark {
  constructor() {
    this.values = [];
    this.line = svg("polyline", { class: "spark-line" });
    this.area = svg("polygon", { class: "spark-area" });
    this.node = svg("svg", { viewBox: "0 0 120 28", preserveAspectRatio: "none", class: "spark", "aria-hidden": "true" }, this.area, this.line);
  }

  add(value) {
    this.values.push(value);
    if (this.values.length > length) this.values.shift();
    const top = Math.max(1, ...this.values);
    const points = this.values.map((v, i) => {
      const x = 120 - (this.values.length - 1 - i) * (120 / (length - 1));
      return x.toFixed(1) + "," + (26 - (v / top) * 24).toFixed(1);
    });
    this.line.setAttribute("points", points.join(" "));
    const first = points[0].split(",")[0];
    this.area.setAttribute("points", first + ",28 " + points.join(" ") + " 120,28");
  }
}

// Meter turns a count that grows into a rate: what it grew in the last few seconds.
export class Meter {
  constructor() {
    this.samples = [];
    this.last = null;
  }

  // add returns the growth per second since the sample before.
  add(at, value) {
    const before = this.last;
    this.last = { at, value };
    const now = before && at > before.at ? Math.max(0, (value - before.value) / ((at - before.at) / 1000)) : 0;
    this.samples.push(now);
    if (this.samples.length > 5) this.samples.shift();
    return now;
  }

  get average() {
    return this.samples.reduce((sum, v) => sum + v, 0) / Math.max(1, this.samples.length);
  }

  // restart forgets what was before a gap.
  restart() {
    this.last = null;
  }
}
