"use strict";
// Curves and histograms as SVG, without a library: axes with round ticks, the raw line beside its smoothed one, one cursor
// shared by all curves of a page. Nothing here reads a text of a run as markup: elements are made one by one.
const Chart = (() => {
  const NS = "http://www.w3.org/2000/svg";
  const W = 460, H = 210, LEFT = 48, RIGHT = 10, TOP = 8, BOTTOM = 24;
  const COLOURS = 8;

  function el(name, attributes, ...children) {
    const made = document.createElementNS(NS, name);
    for (const [key, value] of Object.entries(attributes || {})) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }

  // 0.19 to 0.88 in about 5 ticks: steps of 0.2.
  function ticks(low, high, about) {
    const raw = (high - low || 1) / about;
    const power = 10 ** Math.floor(Math.log10(raw));
    const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= raw);
    const found = [];
    for (let at = Math.ceil(low / step - 1e-9) * step; at <= high + step * 1e-6; at += step) found.push(at);
    return found;
  }

  function said(value) {
    if (value === null || value === undefined) return "-";
    const size = Math.abs(value);
    if (size >= 1000) return Math.round(value).toLocaleString("en");
    if (size !== 0 && size < 0.001) return value.toExponential(1).replace(".0e", "e");
    return String(Number(value.toPrecision(3)));
  }

  function smoothed(values) {
    // A mean that forgets: a tenth of the run's length, at least 3 steps.
    const keep = 1 - 1 / Math.max(3, values.length / 10);
    let mean = null;
    return values.map((value) => {
      if (value === null || value === undefined) return null;
      mean = mean === null ? value : keep * mean + (1 - keep) * value;
      return mean;
    });
  }

  function path(points) {
    let text = "", open = false;
    for (const point of points) {
      if (!point) { open = false; continue; }
      text += (open ? "L" : "M") + point[0].toFixed(1) + " " + point[1].toFixed(1);
      open = true;
    }
    return text;
  }

  function domain(series, figure) {
    const values = series.flatMap((one) => one.shown).filter((v) => v !== null && v !== undefined);
    if (figure.kind === "stacked") {
      const sums = series[0].shown.map((_, i) => series.reduce((sum, one) => sum + (one.shown[i] || 0), 0));
      values.push(...sums);
    }
    let low = figure.least ?? Math.min(...values), high = figure.most ?? Math.max(...values);
    if (low === high) { low -= figure.least === null ? Math.abs(low) * 0.1 + 0.1 : 0; high += Math.abs(high) * 0.1 || 1; }
    return [low, high];
  }

  const cursors = new Set();

  // `runs`: [{name, steps, series: {metric: values}}], one of them or two to compare. `marks`: alarms by step.
  function curve(figure, runs, marks, onStep) {
    const many = runs.length > 1;
    const series = [];
    runs.forEach((run, place) => {
      Object.entries(run.series).forEach(([name, values], number) => {
        if (!values.some((v) => v !== null)) return;
        series.push({
          label: many ? `${name} (${run.name})` : name, steps: run.steps, values, second: place > 0,
          shown: values, smooth: figure.kind === "stacked" || figure.smooth === false || values.length < 8 ? null : smoothed(values),
          colour: number % COLOURS,
        });
      });
    });
    if (!series.length) return null;
    const allSteps = runs.flatMap((run) => run.steps);
    const first = Math.min(...allSteps), last = Math.max(...allSteps);
    const [low, high] = domain(series, figure);
    const x = (step) => LEFT + (last === first ? 0.5 : (step - first) / (last - first)) * (W - LEFT - RIGHT);
    const y = (value) => TOP + (1 - (Math.min(Math.max(value, low), high) - low) / (high - low)) * (H - TOP - BOTTOM);
    const told = series.map((one) => {
      const there = one.values.filter((v) => v !== null);
      return `${one.label} ${said(there[0])} to ${said(there[there.length - 1])}`;
    });
    const svg = el("svg", { viewBox: `0 0 ${W} ${H}`, role: "img", class: "curve",
      "aria-label": `${figure.title}, steps ${first} to ${last}: ${told.join("; ")}` });
    for (const tick of ticks(low, high, 4)) {
      svg.append(el("line", { x1: LEFT, x2: W - RIGHT, y1: y(tick), y2: y(tick), class: "grid" }));
      svg.append(el("text", { x: LEFT - 5, y: y(tick) + 4, class: "tick end" }, said(tick)));
    }
    for (const tick of ticks(first, last, 6).filter(Number.isInteger)) {
      svg.append(el("line", { x1: x(tick), x2: x(tick), y1: H - BOTTOM, y2: H - BOTTOM + 4, class: "axis" }));
      svg.append(el("text", { x: x(tick), y: H - 8, class: "tick middle" }, String(tick)));
    }
    svg.append(el("line", { x1: LEFT, x2: W - RIGHT, y1: H - BOTTOM, y2: H - BOTTOM, class: "axis" }));
    if (figure.kind === "stacked") stack(svg, series, x, y);
    else for (const one of series) line(svg, one, x, y);
    if (figure.band && runs[0].bands) band(svg, series[0], runs[0].bands, x, y);
    for (const mark of marks || []) {
      const title = el("title", {}, mark.text);
      svg.append(el("line", { x1: x(mark.step), x2: x(mark.step), y1: TOP, y2: H - BOTTOM, class: "alarm" }, title));
    }
    const legend = document.createElement("div");
    legend.className = "legend";
    for (const one of series) {
      const entry = document.createElement("span");
      const key = document.createElement("i");
      key.className = `key c${one.colour}${one.second ? " second" : ""}`;
      one.number = document.createElement("b");
      entry.append(key, one.label, " ", one.number);
      legend.append(entry);
    }
    const rule = el("line", { x1: -9, x2: -9, y1: TOP, y2: H - BOTTOM, class: "cursor" });
    svg.append(rule);
    const cursor = (step) => {
      rule.setAttribute("x1", step === null ? -9 : x(step));
      rule.setAttribute("x2", step === null ? -9 : x(step));
      for (const one of series) {
        const at = step === null ? one.steps.length - 1 : one.steps.indexOf(step);
        one.number.textContent = at < 0 ? "" : said(one.values[at]);
      }
    };
    cursor(null);
    cursors.add(cursor);
    const nearest = (event) => {
      const box = svg.getBoundingClientRect();
      const part = ((event.clientX - box.left) / box.width * W - LEFT) / (W - LEFT - RIGHT);
      const wanted = first + part * (last - first);
      return allSteps.reduce((best, step) => (Math.abs(step - wanted) < Math.abs(best - wanted) ? step : best), first);
    };
    svg.addEventListener("pointermove", (event) => { const step = nearest(event); cursors.forEach((c) => c(step)); });
    svg.addEventListener("pointerleave", () => cursors.forEach((c) => c(null)));
    if (onStep) svg.addEventListener("click", (event) => onStep(nearest(event)));
    return [legend, svg];
  }

  function line(svg, one, x, y) {
    const points = (values) => values.map((v, i) => (v === null || v === undefined ? null : [x(one.steps[i]), y(v)]));
    const second = one.second ? " second" : "";
    svg.append(el("path", { d: path(points(one.values)), class: `line c${one.colour}${one.smooth ? " raw" : ""}${second}` }));
    if (one.smooth) svg.append(el("path", { d: path(points(one.smooth)), class: `line c${one.colour}${second}` }));
    const there = points(one.values).filter(Boolean);
    if (there.length < 12) {
      for (const [cx, cy] of there) svg.append(el("circle", { cx, cy, r: 2.5, class: `dot c${one.colour}` }));
    }
  }

  function band(svg, one, errors, x, y) {
    one.values.forEach((value, i) => {
      if (value === null || errors[i] === null || errors[i] === undefined) return;
      const at = x(one.steps[i]);
      svg.append(el("line", { x1: at, x2: at, y1: y(value - errors[i]), y2: y(value + errors[i]), class: "error" }));
    });
  }

  function stack(svg, series, x, y) {
    const base = series[0].steps.map(() => 0);
    for (const one of series) {
      const under = one.steps.map((step, i) => [x(step), y(base[i])]);
      one.values.forEach((value, i) => { base[i] += value || 0; });
      const over = one.steps.map((step, i) => [x(step), y(base[i])]);
      svg.append(el("path", { d: path([...over, ...under.reverse()]) + "Z", class: `area c${one.colour}` }));
    }
  }

  // Bars of `values`; `onRange(low, high)` is told which bar was chosen, `onRange(null)` that none is.
  function histogram(title, values, onRange) {
    const numbers = values.filter((v) => v !== null);
    if (!numbers.length) return null;
    let low = Math.min(...numbers), high = Math.max(...numbers);
    if (low === high) { low -= 0.5; high += 0.5; }
    const bins = 16, width = (high - low) / bins, counts = new Array(bins).fill(0);
    for (const v of numbers) counts[Math.min(bins - 1, Math.floor((v - low) / width))] += 1;
    const most = Math.max(...counts), w = 300, h = 110;
    const svg = el("svg", { viewBox: `0 0 ${w} ${h}`, class: "histogram", role: "group", "aria-label": `histogram of ${title}` });
    counts.forEach((count, i) => {
      const from = low + i * width, to = from + width, tall = count ? Math.max(2, count / most * (h - 24)) : 0;
      const told = `${title} ${said(from)} to ${said(to)}: ${count}`;
      const bar = el("rect", { x: i * w / bins + 1, width: w / bins - 2, y: h - 18 - tall, height: tall, class: "bar" });
      const column = el("g", { role: "button", tabindex: count ? 0 : -1, "aria-label": told, "aria-pressed": "false", class: "column" },
        el("title", {}, told), el("rect", { x: i * w / bins, width: w / bins, y: 0, height: h - 18, class: "hit" }), bar);
      const choose = () => {
        const was = column.getAttribute("aria-pressed") === "true";
        svg.querySelectorAll(".column").forEach((other) => other.setAttribute("aria-pressed", "false"));
        column.setAttribute("aria-pressed", String(!was));
        if (was) onRange(null); else onRange(from, i === bins - 1 ? Infinity : to);
      };
      column.addEventListener("click", choose);
      column.addEventListener("keydown", (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); choose(); } });
      svg.append(column);
    });
    svg.append(el("line", { x1: 0, x2: w, y1: h - 18, y2: h - 18, class: "axis" }));
    svg.append(el("text", { x: 0, y: h - 4, class: "tick" }, said(low)), el("text", { x: w, y: h - 4, class: "tick end" }, said(high)));
    return svg;
  }

  return { curve, histogram, said, forget: () => cursors.clear() };
})();
