"use strict";
// The pages of a run. What is asked for comes from the server it was loaded from, or from the answers in this file; every
// text goes into the page as text. A view is a hash: #/run/NAME/group/12/3, so that a link addresses each.
(() => {
  const embedded = document.getElementById("data");
  const standing = embedded ? JSON.parse(embedded.textContent) : null;
  const { said } = Chart;
  const main = document.getElementById("main"), top = document.getElementById("top");
  let keys = {};
  let shown = 0;
  let timer = 0;

  function h(name, attributes, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes || {})) {
      if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
      else if (value === true) made.setAttribute(key, "");
      else if (value !== null && value !== undefined && value !== false) made.setAttribute(key, value);
    }
    made.append(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false));
    return made;
  }

  const at = (...words) => "#/" + words.map((word) => encodeURIComponent(word)).join("/");
  const link = (words, text, attributes) => h("a", { href: at(...words), ...attributes }, text);
  const badge = (text, kind) => h("span", { class: `badge ${kind}` }, text);

  async function ask(words, query) {
    const name = words.join("/");
    if (standing) {
      if (standing.answers[name]) return standing.answers[name];
      throw new Error("This file holds the run and chosen groups only; open the run with `temper view` for this page.");
    }
    const search = query ? "?" + new URLSearchParams(query) : "";
    return fetched(fetch("/api/" + words.map((word) => encodeURIComponent(word)).join("/") + search));
  }

  async function fetched(request) {
    let reply;
    try { reply = await request; } catch { throw new Error("`temper view` does not answer; start it again, then reload."); }
    const answer = await reply.json();
    if (!reply.ok) throw new Error(answer.error);
    return answer;
  }

  function hash() {
    const [path, query] = location.hash.replace(/^#\/?/, "").split("?");
    return { words: path ? path.split("/").map(decodeURIComponent) : [], query: Object.fromEntries(new URLSearchParams(query || "")) };
  }

  const PAGES = { step: stepPage, group: groupPage, problem: problemPage, search: searchPage, sft: sftPage };

  async function show() {
    const mine = ++shown;
    clearTimeout(timer);
    keys = {};
    let { words, query } = hash();
    if (!words.length && standing) words = standing.start.slice(2).split("/").map(decodeURIComponent);
    main.setAttribute("aria-busy", "true");
    let page;
    try {
      Chart.forget();
      if (!words.length) page = await runsPage();
      else if (words[0] === "compare") page = await comparePage(words[1], words[2]);
      else if (words[0] === "run" && words.length === 2) page = await runPage(words[1]);
      else if (words[0] === "run" && PAGES[words[2]]) page = await PAGES[words[2]](words[1], words.slice(3), query);
      else throw new Error(`There is no view ${location.hash}.`);
    } catch (error) {
      page = [h("h1", {}, "Not to be seen"), h("p", { class: "said", role: "alert" }, error.message)];
    }
    if (mine !== shown) return;
    header(words);
    main.replaceChildren(...page.filter(Boolean));
    main.removeAttribute("aria-busy");
    main.dataset.view = location.hash;
    const title = main.querySelector("h1");
    document.title = (title ? title.firstChild.textContent + " - " : "") + "temper";
    if (main.querySelector("[data-focus]")) main.querySelector("[data-focus]").focus();
  }

  function header(words) {
    const name = words[0] === "run" ? words[1] : null;
    const here = (word) => ({ "aria-current": (words[2] || "run") === word ? "page" : null });
    const nav = name ? [
      link(["run", name], "run", here("run")),
      !standing && link(["run", name, "search"], "search", here("search")),
      !standing && link(["run", name, "sft"], "SFT examples", here("sft")),
    ] : [];
    top.replaceChildren(
      standing ? h("strong", {}, name || "temper") : h("strong", {}, h("a", { href: "#/" }, "runs"), name ? " / " + name : ""),
      h("nav", { "aria-label": "pages of the run" }, nav.filter(Boolean)),
      h("button", { type: "button", onclick: help, "aria-haspopup": "dialog" }, "keys"),
    );
  }

  function help() {
    const rows = [["j / k", "next / previous group"], ["] / [", "next / previous step"], ["w", "next wrong completion"],
      ["/", "search"], ["r", "the run"], ["?", "this"]];
    const box = h("dialog", { "aria-label": "keys" }, h("table", {}, h("tbody", {},
      rows.map(([key, does]) => h("tr", {}, h("td", {}, h("kbd", {}, key)), h("td", {}, does))))),
      h("form", { method: "dialog" }, h("button", { autofocus: true }, "close")));
    box.addEventListener("close", () => box.remove());
    document.body.append(box);
    box.showModal();
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) return;
    if (event.key === "?") help();
    else if (keys[event.key]) { event.preventDefault(); keys[event.key](); }
  });

  const go = (...words) => { location.hash = at(...words); };

  function runKeys(name) {
    keys.r = () => go("run", name);
    keys["/"] = () => go("run", name, "search");
  }

  // -- tables

  // `columns`: [title, value for sorting, cell, wide?]. Any of them sorts.
  function sortable(label, columns, rows, sorted) {
    const state = { by: sorted ?? -1, down: true };
    const body = h("tbody", {});
    const heads = columns.map(([title, , , kind], i) => h("th", { scope: "col", class: kind },
      h("button", { type: "button", onclick: () => { state.down = state.by === i ? !state.down : true; state.by = i; fill(); } }, title)));
    const table = h("table", {}, h("caption", { class: "soft" }, label), h("thead", {}, h("tr", {}, heads)), body);
    let kept = rows;
    function fill() {
      const value = state.by < 0 ? null : columns[state.by][1];
      const order = value ? [...kept].sort((a, b) => {
        const [x, y] = [value(a), value(b)];
        if (x === y) return 0;
        if (x === null || x === undefined) return 1;
        if (y === null || y === undefined) return -1;
        return (x < y ? -1 : 1) * (state.down ? -1 : 1);
      }) : kept;
      heads.forEach((head, i) => head.setAttribute("aria-sort", i === state.by ? (state.down ? "descending" : "ascending") : "none"));
      body.replaceChildren(...order.slice(0, 1000).map((row) => h("tr", {}, columns.map(([, , cell, kind]) => h("td", { class: kind }, cell(row))))));
    }
    fill();
    return { box: h("div", { class: "scroll panel", tabindex: 0, role: "region", "aria-label": label }, table), only: (some) => { kept = some; fill(); } };
  }

  const number = (title, value) => [title, value, (row) => said(value(row)), "number"];

  // -- the list of runs

  async function runsPage() {
    const { runs } = await ask(["runs"]);
    if (runs.length === 1 && !hash().words.length) { history.replaceState(null, "", at("run", runs[0].name)); return runPage(runs[0].name); }
    const score = (run) => (run.eval.rlvr || run.eval.sft || run.eval.base || {}).score ?? null;
    const chosen = new Set();
    const compared = h("button", { type: "button", disabled: true, onclick: () => go("compare", ...chosen) }, "compare the two chosen");
    const choose = (run) => h("input", { type: "checkbox", "aria-label": `choose ${run.name} to compare`, onchange: (event) => {
      if (event.target.checked) chosen.add(run.name); else chosen.delete(run.name);
      compared.disabled = chosen.size !== 2;
    } });
    const table = sortable(`${runs.length} runs`, [
      ["compare", () => 0, choose], ["run", (r) => r.name, (r) => link(["run", r.name], r.name)], ["variant", (r) => r.variant, (r) => r.variant || "-"],
      ["state", (r) => r.state, (r) => badge(r.state, r.state === "stopped" ? "wrong" : r.state === "running" ? "warn" : "right")],
      ["stage", (r) => r.stage, (r) => r.stage || "-"], number("step", (r) => r.step), number("last reward", (r) => r.reward), number("held-out score", score),
      ["changed", (r) => r.changed, (r) => (r.changed ? new Date(r.changed * 1000).toLocaleString() : "-")],
    ], runs);
    return [h("h1", {}, "Runs"), table.box, h("p", {}, compared)];
  }

  // -- a run

  function matching(pattern, names) {
    if (!pattern.includes("*")) return names.includes(pattern) ? [pattern] : [];
    const [begin, end] = pattern.split("*");
    return names.filter((name) => name.startsWith(begin) && name.endsWith(end) && name.length >= begin.length + end.length);
  }

  function chosenSeries(figure, metrics) {
    const stage = metrics[figure.stage];
    if (!stage) return null;
    const series = {};
    for (const pattern of figure.metrics) for (const name of matching(pattern, Object.keys(stage.series))) {
      if (pattern.includes("*") ? stage.series[name].some((v) => v) || figure.least === null : true) series[name.replace(/^(verifier|source|tokens|groups|seconds|monitor)\//, "")] = stage.series[name];
    }
    return { steps: stage.steps, series, bands: figure.band ? stage.series[figure.band] : null };
  }

  function figures(runs, onStep, alarms) {
    const sections = [["rlvr", "RLVR"], ["sft", "SFT"], ["extend", "Extension"], ["base", "Pre-training"]];
    return sections.flatMap(([stage, title]) => {
      const drawn = runs[0].figures.filter((f) => f.stage === stage || (stage === "rlvr" && f.stage === "rollouts")).map((figure) => {
        const lines = runs.map((run) => ({ name: run.name, ...chosenSeries(figure, run.metrics) })).filter((run) => run.series && Object.keys(run.series).length);
        const marks = stage === "rlvr" ? alarms.filter((alarm) => figure.metrics.includes(alarm.metric)).map((alarm) => ({ step: alarm.step, text: alarm.text })) : [];
        const chart = lines.length ? Chart.curve(figure, lines, marks, stage === "rlvr" ? onStep : null) : null;
        return chart && h("section", { class: "panel figure" },
          h("h3", {}, figure.title, " ", h("span", { class: "unit" }, figure.unit)), chart[0], chart[1],
          h("p", {}, badge("healthy", "right"), figure.healthy), h("p", {}, badge("look when", "wrong"), figure.flag));
      }).filter(Boolean);
      return drawn.length ? [h("h2", {}, `${title}: curves`), h("div", { class: "figures" }, drawn)] : [];
    });
  }

  function duration(seconds) {
    if (seconds === null || seconds === undefined) return "";
    return seconds < 120 ? `${seconds.toFixed(0)} s` : seconds < 7200 ? `${(seconds / 60).toFixed(0)} min` : `${(seconds / 3600).toFixed(1)} h`;
  }

  function stageStrip(stages) {
    return h("ol", { class: "strip panel", "aria-label": "stages" }, stages.map((stage) => h("li", { class: stage.state },
      h("strong", {}, stage.name), ` ${stage.state} `, h("span", { class: "soft" }, duration(stage.seconds)),
      h("div", { class: "soft" }, Object.entries(stage.counts || {}).filter(([name]) => !name.startsWith("prepared_")).map(([name, value]) => (value && typeof value === "object" ? null : `${name} ${typeof value === "number" ? said(value) : value}`)).filter(Boolean).join(", ")))));
  }

  function scores(run) {
    const rows = Object.entries(run.eval).filter(([, score]) => score && typeof score === "object" && "score" in score);
    if (!rows.length) return null;
    return h("div", { class: "scroll panel" }, h("table", {}, h("caption", { class: "soft" }, "held-out scores, mean over problems with its standard error"),
      h("thead", {}, h("tr", {}, ["checkpoint", "score", "standard error", "problems", "truncated", "errors"].map((t, i) => h("th", { scope: "col", class: i ? "number" : "" }, t)))),
      h("tbody", {}, rows.map(([name, s]) => h("tr", {}, h("td", {}, run.steps.some((f) => f.name === `eval-${name}`) ? link(["run", run.name, "step", `eval-${name}`], name) : name),
        [s.score, s.stderr, s.n, s.truncated, s.errors].map((v) => h("td", { class: "number" }, said(v))))))));
  }

  async function runPage(name) {
    const run = await ask(["run", name]);
    runKeys(name);
    const train = run.steps.filter((file) => file.kind === "train");
    const held = run.steps.filter((file) => file.kind !== "train");
    const onStep = (step) => { if (run.steps.some((file) => file.name === String(step))) go("run", name, "step", step); };
    if (run.state === "running" && !standing) timer = setTimeout(refresh, 10000);
    if (train.length) keys["]"] = () => go("run", name, "step", train[train.length - 1].name);
    return [
      h("h1", {}, name, " ", badge(run.state, run.state === "finished" ? "right" : run.state === "running" ? "warn" : "wrong")),
      h("p", { class: "soft" }, [run.variant, run.seed !== null && run.seed !== undefined ? `seed ${run.seed}` : null].filter(Boolean).join(", ")),
      run.complaints.map((said_) => h("p", { class: "said warn", role: "alert" }, said_)),
      run.alarms.map((alarm) => h("p", { class: "said", role: "alert" }, `step ${alarm.step}: ${alarm.text} `,
        alarm.group !== null && alarm.group !== undefined && link(["run", name, "group", String(alarm.step), String(alarm.group)], "its worst group"))),
      stageStrip(run.stages), h("p", {}), scores(run),
      train.length || held.length ? h("nav", { class: "row", "aria-label": "steps" }, h("span", {}, "rollouts of step"),
        picker(name, train), held.map((file) => link(["run", name, "step", file.name], file.name))) : null,
      ...figures([run], onStep, run.alarms),
      h("h2", {}, "Recipe"),
      run.own_recipe && h("details", { open: true }, h("summary", {}, "what the recipe itself says, the rest is its parent's"), h("pre", { tabindex: 0 }, run.own_recipe)),
      h("details", {}, h("summary", {}, "resolved, every field"), h("pre", { tabindex: 0 }, run.recipe || "not there")),
      h("details", {}, h("summary", {}, "hardware and versions"), h("dl", {}, Object.entries(run.versions).flatMap(([k, v]) => [h("dt", {}, k), h("dd", {}, typeof v === "object" ? JSON.stringify(v) : String(v))]))),
    ].flat();
  }

  async function refresh() {
    const y = scrollY;
    await show();
    scrollTo(0, y);
  }

  function picker(name, files, current) {
    if (!files.length) return null;
    return h("select", { "aria-label": "step", onchange: (event) => event.target.value && go("run", name, "step", event.target.value) },
      !current && h("option", { value: "" }, "choose"), files.map((file) => h("option", { value: file.name, selected: file.name === current }, file.name)));
  }

  // -- a step

  const WHY = { stale: "stale: too old at its turn", flat: "flat: no variance", unjudged: "unjudged: fewer than two rewards", dropped: "dropped" };

  async function neighbours(name, step) {
    const run = await ask(["run", name]);
    const kind = (run.steps.find((file) => file.name === step) || {}).kind;
    const files = run.steps.filter((file) => file.kind === kind);
    const place = files.findIndex((file) => file.name === step);
    return { files, before: files[place - 1], after: files[place + 1] };
  }

  async function stepPage(name, [step]) {
    const [found, near] = await Promise.all([ask(["run", name, "step", step]), neighbours(name, step)]);
    runKeys(name);
    if (near.before) keys["["] = () => go("run", name, "step", near.before.name);
    if (near.after) keys["]"] = () => go("run", name, "step", near.after.name);
    const groupLink = (row) => link(["run", name, "group", step, String(row.group)], String(row.group));
    const table = sortable(`${found.groups.length} groups; any column sorts`, [
      ["group", (r) => r.group, groupLink, "number"],
      ["problem", (r) => r.problem, (r) => link(["run", name, "problem", r.problem], r.problem)],
      ["verifier", (r) => r.verifier, (r) => r.verifier],
      ["right", (r) => r.right, (r) => `${r.right} of ${r.n}`, "number"],
      number("score", (r) => r.score), number("reward", (r) => r.reward), number("spread", (r) => r.spread), number("tokens", (r) => r.tokens),
      number("longest", (r) => r.longest), number("truncated", (r) => r.truncated), number("errors", (r) => r.errors), number("abstained", (r) => r.abstained),
      number("staleness", (r) => r.staleness), number("mean logprob", (r) => r.logprob),
      ["dropped", (r) => r.why_dropped, (r) => (r.why_dropped ? badge(r.why_dropped, "warn") : "")],
    ], found.groups);
    keys.j = () => found.groups.length && go("run", name, "group", step, String(found.groups[0].group));
    const limits = {};
    const status = h("p", { role: "status", class: "soft" }, `${found.rollouts.group.length} rollouts`);
    const filter = () => {
      const chosen = new Set();
      let count = 0;
      found.rollouts.group.forEach((group, i) => {
        if (Object.entries(limits).every(([column, [low, high]]) => { const v = found.rollouts[column][i]; return v !== null && v >= low && v < high; })) { chosen.add(group); count += 1; }
      });
      table.only(Object.keys(limits).length ? found.groups.filter((row) => chosen.has(row.group)) : found.groups);
      status.textContent = Object.keys(limits).length ? `${count} rollouts in ${chosen.size} groups are inside the chosen bars` : `${found.rollouts.group.length} rollouts`;
    };
    const histograms = ["reward", "advantage", "tokens"].map((column) => {
      const drawn = Chart.histogram(column, found.rollouts[column] || [], (low, high) => { if (low === null) delete limits[column]; else limits[column] = [low, high]; filter(); });
      return drawn && h("section", { class: "panel" }, h("h3", {}, column), drawn);
    }).filter(Boolean);
    return [h("h1", {}, `Step ${step}`), stepNav(name, near, step), h("div", { class: "figures" }, histograms), status, table.box];
  }

  function stepNav(name, near, step) {
    return h("nav", { class: "row", "aria-label": "steps" }, near.before && link(["run", name, "step", near.before.name], `< ${near.before.name}`),
      picker(name, near.files, step), near.after && link(["run", name, "step", near.after.name], `${near.after.name} >`));
  }

  // -- a group

  const kindOf = (r) => (r.outcome !== "scored" ? "none" : r.score === 1 ? "right" : "wrong");

  function value(v) {
    return typeof v === "string" ? v : JSON.stringify(v, null, 1);
  }

  function messages(problem) {
    const prompt = Array.isArray(problem.prompt) ? problem.prompt : [{ role: "prompt", content: problem.prompt }];
    return prompt.map((m) => h("div", {}, h("small", {}, m.role || "prompt"), h("pre", { tabindex: 0 }, value(m.content ?? m))));
  }

  async function groupPage(name, [step, group, place]) {
    const found = await ask(["run", name, "group", step, group]);
    runKeys(name);
    const where = found.groups.indexOf(Number(group));
    if (where > 0) keys.k = () => go("run", name, "group", step, String(found.groups[where - 1]));
    if (where + 1 < found.groups.length) keys.j = () => go("run", name, "group", step, String(found.groups[where + 1]));
    keys["["] = keys["]"] = () => go("run", name, "step", step);
    const cards = found.rollouts.map((r) => rolloutCard(name, step, group, r, String(r.place) === place));
    let last = -1;
    keys.w = () => {
      const wrong = cards.filter((card) => card.classList.contains("wrong"));
      if (wrong.length) { last = (last + 1) % wrong.length; wrong[last].focus(); wrong[last].scrollIntoView({ block: "nearest" }); }
    };
    const of = (kind) => cards.filter((_, i) => kindOf(found.rollouts[i]) === kind);
    const part = (title, some) => some.length ? [h("h2", {}, `${title}: ${some.length}`), h("div", { class: "columns" }, some)] : [];
    const p = found.problem;
    const why = found.rollouts.map((r) => r.why_dropped).find(Boolean);
    return [
      h("h1", {}, `Step ${step}, group ${group}: ${p.id}`),
      h("nav", { class: "row", "aria-label": "groups" },
        where > 0 && link(["run", name, "group", step, String(found.groups[where - 1])], "< previous group"),
        where + 1 < found.groups.length && link(["run", name, "group", step, String(found.groups[where + 1])], "next group >"),
        link(["run", name, "step", step], `step ${step}`), link(["run", name, "problem", p.id], "this problem over the steps")),
      why && h("p", { class: "said warn" }, `Not trained on. ${WHY[why] || why}.`),
      h("section", { class: "panel" }, h("h3", {}, "problem"), messages(p),
        h("dl", {}, h("dt", {}, "verifier"), h("dd", {}, value(p.verifier)), p.answer !== null && [h("dt", {}, "answer"), h("dd", {}, value(p.answer))]),
        p.params && Object.keys(p.params).length ? h("details", {}, h("summary", {}, "params, tests"), h("pre", { tabindex: 0 }, value(p.params))) : null,
        p.session && h("details", {}, h("summary", {}, "session"), h("pre", { tabindex: 0 }, value(p.session))),
        p.tools && h("details", {}, h("summary", {}, "tools"), h("pre", { tabindex: 0 }, value(p.tools))),
        p.metadata && Object.keys(p.metadata).length ? h("details", {}, h("summary", {}, "metadata"), h("pre", { tabindex: 0 }, value(p.metadata))) : null),
      ...part("right", of("right")), ...part("wrong", of("wrong")), ...part("without a verdict", of("none")),
    ];
  }

  function outcomeBadges(r) {
    return [badge(r.outcome === "scored" ? `score ${said(r.score)}` : r.outcome === "error" ? "our error" : r.outcome, kindOf(r)),
      r.stop_reason !== "stop" && badge(r.stop_reason === "length" ? "truncated" : r.stop_reason, "warn"),
      r.why_dropped && badge(r.why_dropped, "warn"), r.in_loss === false && badge("not in the loss", "plain")];
  }

  function chain(r) {
    const parts = [`score ${said(r.score)}`];
    const shaping = r.shaping || {};
    if ("concision" in shaping) parts.push(`x concision ${said(shaping.concision)}`);
    if ("overlong" in shaping) parts.push(`+ overlong ${said(shaping.overlong)}`);
    return `${parts.join(" ")} = reward ${said(r.reward)}, advantage ${said(r.advantage)}`;
  }

  function completionParts(text) {
    const end = text.lastIndexOf("</think>");
    const [thought, answer] = end < 0 ? [null, text] : [text.slice(0, end + 8), text.slice(end + 8)];
    return [
      thought && h("details", {}, h("summary", {}, `reasoning, ${thought.length.toLocaleString("en")} characters`), h("pre", { tabindex: 0 }, thought)),
      h("pre", { tabindex: 0, class: "completion" }, answer || (thought ? "(nothing after the reasoning)" : "(empty)")),
    ];
  }

  function rolloutCard(name, step, group, r, here) {
    const text = h("div", {}, ...completionParts(r.completion).filter(Boolean));
    const tools = h("div", { class: "row" });
    if (!standing) {
      if (r.characters > r.completion.length) tools.append(h("button", { type: "button", onclick: (e) => run(e, async () => {
        text.replaceChildren(...completionParts((await ask(["run", name, "text", step, group, String(r.place)])).text).filter(Boolean));
      }) }, `all ${r.characters.toLocaleString("en")} characters`));
      tools.append(h("button", { type: "button", onclick: (e) => run(e, async () => again.replaceChildren(...await judgeAgain(name, step, group, r.place))) }, "judge again"));
      for (const [label, by] of [["tokens by logprob", "logprob"], ["tokens by IcePop ratio", "ratio"]]) {
        tools.append(h("button", { type: "button", onclick: (e) => run(e, async () => text.replaceChildren(...coloured(await ask(["run", name, "tokens", step, group, String(r.place)]), by))) }, label));
      }
    }
    const again = h("div", { role: "status" });
    const facts = [["tokens", r.tokens], ["policy version", r.policy_version === r.policy_version_last ? r.policy_version : `${r.policy_version} to ${r.policy_version_last}`],
      ["staleness", r.staleness], ["mean logprob", r.logprob_mean], ["verdict took", r.verify_s === null || r.verify_s === undefined ? null : `${said(r.verify_s)} s`]];
    return h("article", { class: `panel rollout ${kindOf(r)}${here ? " here" : ""}`, tabindex: -1, "aria-label": `completion ${r.place}`, "data-focus": here },
      h("div", {}, h("strong", {}, `completion ${r.place} `), outcomeBadges(r)),
      h("div", { class: "chain" }, chain(r)),
      r.detail && h("pre", { class: "small detail", tabindex: 0 }, r.detail),
      shadowVerdict(r),
      r.parts && Object.keys(r.parts).length ? h("dl", {}, Object.entries(r.parts).flatMap(([k, v]) => [h("dt", {}, k), h("dd", {}, said(v))])) : null,
      (r.turns || []).slice(0, -1).map((turn, i) => h("details", {}, h("summary", {}, `turn ${i + 1}: ${turn.tokens} tokens, read ${turn.read}`), h("pre", { tabindex: 0 }, turn.text),
        (turn.calls || []).map((call) => h("pre", { tabindex: 0, class: "small" }, value(call))))),
      text, h("div", { class: "soft chain" }, facts.filter(([, v]) => v !== null && v !== undefined).map(([k, v]) => `${k} ${typeof v === "number" ? said(v) : v}`).join(", ")), tools, again);
  }

  function shadowVerdict(r) {
    if (!r.shadow_detail && (r.shadow === null || r.shadow === undefined)) return null;
    const other = typeof r.shadow === "number" && typeof r.score === "number" && r.shadow !== r.score;
    return h("div", {}, badge(typeof r.shadow === "number" ? `shadow verifier: ${said(r.shadow)}` : "shadow verifier: no score", other ? "warn" : "plain"),
      r.shadow_detail && h("pre", { class: "small detail", tabindex: 0 }, r.shadow_detail));
  }

  async function run(event, does) {
    const button = event.currentTarget;
    button.disabled = true;
    try { await does(); } catch (error) { button.after(h("span", { class: "said", role: "alert" }, error.message)); }
    button.disabled = false;
  }

  async function judgeAgain(name, step, group, place) {
    const path = ["api", "run", name, "judge", step, group, String(place)].map(encodeURIComponent).join("/");
    const { before, now } = await fetched(fetch("/" + path, { method: "POST", headers: { "X-Temper": "1" } }));
    const same = before.outcome === now.outcome && before.score === now.score;
    return [h("p", {}, badge(same ? "the same verdict today" : "another verdict today", same ? "right" : "wrong"),
      `stored: ${before.outcome} ${said(before.score)}; today: ${now.outcome} ${said(now.score)}, ${now.seconds} s`), now.detail && h("pre", { class: "small" }, now.detail)].filter(Boolean);
  }

  function coloured(found, by) {
    const policy = found.policy_logprobs;
    if (by === "ratio" && !policy) return [h("p", { class: "said warn" }, "The trainer's logprobs of this rollout are not kept: it was not trained on, or the run is of an older version.")];
    const unsampled = new Set(found.unsampled);
    const spans = found.token_ids.map((id, i) => {
      const lp = found.rollout_logprobs[i], ratio = policy ? Math.exp(policy[i] - lp) : null;
      const far = by === "ratio" ? Math.abs(Math.log(ratio)) : -lp;
      const level = (by === "ratio" ? [0.05, 0.2, 0.7, 1.6] : [0.5, 1.5, 3, 6]).filter((bound) => far > bound).length;
      const label = unsampled.has(i) ? "not sampled" : `logprob ${said(lp)}${ratio === null ? "" : `, ratio ${said(ratio)}`}, version ${found.policy_versions[i]}`;
      const text = found.texts[i] ?? `${id} `;
      return h("span", { class: unsampled.has(i) ? "tu" : `t${level}`, title: `${id}: ${label}` }, text);
    });
    const legend = by === "ratio" ? "ratio trainer / engine off 1 by more than 5%, 22%, 2 and 5 times" : "logprob below -0.5, -1.5, -3 and -6 nats";
    return [h("p", { class: "soft" }, `${legend}, darker and darker; point at a token for its numbers`), h("pre", { class: "tokens", tabindex: 0 }, spans)];
  }

  // -- a problem, search, compare, SFT

  async function problemPage(name, words) {
    const id = words.join("/");
    const found = await ask(["run", name, "problem", id]);
    runKeys(name);
    const table = sortable(`${found.groups.length} groups over the run`, [
      ["step", (r) => Number(r.step) || 0, (r) => link(["run", name, "step", r.step], r.step), "number"],
      ["group", (r) => r.group, (r) => link(["run", name, "group", r.step, String(r.group)], String(r.group)), "number"],
      ["right", (r) => r.right, (r) => `${r.right} of ${r.n}`, "number"], number("score", (r) => r.score), number("reward", (r) => r.reward),
      number("spread", (r) => r.spread), number("tokens", (r) => r.tokens), number("truncated", (r) => r.truncated),
      ["dropped", (r) => r.why_dropped, (r) => (r.why_dropped ? badge(WHY[r.why_dropped] || r.why_dropped, "warn") : "")],
    ], found.groups);
    const train = found.groups.filter((r) => /^\d+$/.test(r.step));
    const chart = train.length > 1 ? Chart.curve({ title: "score", kind: "lines", least: 0, most: 1 }, [{ name, steps: train.map((r) => Number(r.step)), series: { score: train.map((r) => r.score) } }], [], (step) => go("run", name, "step", String(step))) : null;
    return [h("h1", {}, `Problem ${id}`), chart && h("section", { class: "panel" }, chart), table.box];
  }

  const OUTCOMES = ["", "right", "wrong", "abstained", "error", "truncated", "dropped", "stale", "flat", "unjudged"];

  async function searchPage(name, _, query) {
    runKeys(name);
    const field = (label, key, type) => h("label", {}, label, h("input", { name: key, type, value: query[key] || "", step: type === "number" ? "any" : null }));
    const choice = (label, key, options, chosen) => h("label", {}, label, h("select", { name: key }, options.map((o) => h("option", { value: o, selected: (query[key] || chosen) === o }, o || "any"))));
    const form = h("form", { class: "panel", onsubmit: (event) => {
      event.preventDefault();
      const asked = [...new FormData(form)].filter(([, v]) => v !== "");
      const target = at("run", name, "search") + "?" + new URLSearchParams(asked.length ? asked : [["outcome", ""]]);
      if (location.hash === target) show(); else location.hash = target;
    } }, field("text in completion or detail", "text", "search"), field("verifier", "verifier", "text"), field("problem", "problem", "text"),
      choice("outcome", "outcome", OUTCOMES, ""), choice("of", "kind", ["train", "validation", "eval", "train,validation,eval"], "train"),
      field("score from", "score_from", "number"), field("to", "score_to", "number"), field("tokens from", "tokens_from", "number"), field("to", "tokens_to", "number"),
      field("step from", "step_from", "number"), field("to", "step_to", "number"), h("button", {}, "search"));
    const page = [h("h1", {}, "Search"), form];
    if (!Object.keys(query).length) return page;
    const found = await ask(["run", name, "search"], query);
    const table = sortable(`${found.hits.length} of ${found.total.toLocaleString("en")} rollouts`, [
      ["step", (r) => Number(r.step) || 0, (r) => r.step, "number"],
      ["group", (r) => r.group, (r) => link(["run", name, "group", r.step, String(r.group), String(r.place)], `${r.group} / ${r.place}`), "number"],
      ["problem", (r) => r.problem, (r) => link(["run", name, "problem", r.problem], r.problem)], ["verifier", (r) => r.verifier, (r) => r.verifier],
      ["outcome", (r) => r.outcome, (r) => [badge(r.outcome === "scored" ? `score ${said(r.score)}` : r.outcome, kindOf(r)), r.why_dropped && badge(r.why_dropped, "warn")].filter(Boolean)],
      number("tokens", (r) => r.tokens), ["text", (r) => r.snippet, (r) => r.snippet, "wide"],
    ], found.hits);
    return [...page, h("p", { role: "status" }, `${found.total.toLocaleString("en")} rollouts found`), table.box];
  }

  async function comparePage(first, second) {
    const [a, b, both] = await Promise.all([ask(["run", first]), ask(["run", second]), ask(["compare", first, second])]);
    const table = sortable(`${both.common} problems are in both; the largest differences first`, [
      ["problem", (r) => r.problem, (r) => r.problem],
      ["in " + first, (r) => r.first, (r) => link(["run", first, "problem", r.problem], said(r.first)), "number"],
      ["in " + second, (r) => r.second, (r) => link(["run", second, "problem", r.problem], said(r.second)), "number"],
      number("difference", (r) => r.second - r.first),
    ], both.problems);
    return [h("h1", {}, `${first} and ${second}`), h("p", {}, link(["run", first], first), " is drawn in full, ", link(["run", second], second), " dashed."),
      differences(a, b), ...figures([a, b], null, []), h("h2", {}, "The same problems"), table.box];
  }

  function differences(a, b) {
    const [left, right] = [a.recipe.split("\n"), b.recipe.split("\n")];
    const only = (mine, theirs) => { const set = new Set(theirs); return mine.filter((text) => !set.has(text)); };
    const [minus, plus] = [only(left, right), only(right, left)];
    if (!minus.length && !plus.length) return h("p", {}, "Their recipes resolve to the same.");
    return h("details", { open: true }, h("summary", {}, "lines of the resolved recipes that differ"),
      h("pre", { tabindex: 0 }, [...minus.map((text) => `${a.name}: ${text}`), ...plus.map((text) => `${b.name}: ${text}`)].join("\n")));
  }

  async function sftPage(name) {
    const { samples } = await ask(["run", name, "sft"]);
    runKeys(name);
    return [h("h1", {}, "SFT examples"), h("p", {}, "Tokens that are ", h("span", { class: "trained" }, "trained"), ", tokens that are only read, and ", h("b", {}, "control tokens"), "."),
      ...samples.map((one) => h("section", {}, h("h2", {}, one.where, " ", h("small", {}, one.said)), one.runs.length ? h("pre", { tabindex: 0 }, one.runs.map((part) =>
        h("span", { class: part.trained ? "trained" : null, title: part.trained ? `${part.tokens} tokens` : null }, part.control ? h("b", {}, part.text) : part.text))) : null))];
  }

  addEventListener("hashchange", () => { scrollTo(0, 0); show(); });
  show();
})();
