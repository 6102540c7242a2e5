"use strict";

// The page's own data, its elements, and the state that the address keeps: everything else follows from these.
const page = JSON.parse(document.getElementById("data").textContent);
const byId = (id) => document.getElementById(id);
const rows = new Map(); // recording id -> its row
const reduced = matchMedia("(prefers-reduced-motion: reduce)");
const narrow = matchMedia("(max-width: 60rem)");
const DEFAULTS = { tab: "recordings", q: "", sort: "", desc: "", view: "", id: "" };
const facets = [...document.querySelectorAll("select[data-facet]")];
const chips = [...document.querySelectorAll(".chip")];
const tabs = [...document.querySelectorAll("[role=tab]")];
let state = readState();
let visible = []; // recordings that fit, in the order shown

function make(name, properties = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key in element) element[key] = value;
    else element.setAttribute(key, value);
  }
  element.append(...children);
  return element;
}

// ---- state and address

function readState() {
  const given = new URLSearchParams(location.hash.slice(1));
  const found = { ...DEFAULTS };
  for (const [key, value] of given) found[key] = value;
  return found;
}

function hashOf(changes = {}) {
  const words = new URLSearchParams();
  for (const [key, value] of Object.entries({ ...state, ...changes })) {
    if (value && value !== DEFAULTS[key]) words.set(key, value);
  }
  return "#" + words;
}

function change(changes, { step = false } = {}) {
  const hash = hashOf(changes);
  // A step can be taken back with the browser's own button; typing in the search box makes none.
  history[step ? "pushState" : "replaceState"](null, "", hash === "#" ? location.pathname + location.search : hash);
  state = readState();
  render();
}

// ---- pictures

function film(record, className) {
  const frame = make("span", { className: "film " + className });
  if (record.strip === undefined) {
    frame.classList.add("none");
    frame.append(make("span", { className: "none-words" }, record.why[0].replaceAll("-", " ")));
    return frame;
  }
  const strip = make("img", { className: "strip", alt: "", decoding: "async", draggable: false });
  strip.style.setProperty("--frames", record.frames);
  strip.style.setProperty("--seconds", Math.max(record.frames / record.hz, 0.4) + "s");
  if (record.frames > 1) strip.classList.add("moving");
  frame.append(strip);
  if (record.crop) {
    const box = make("span", { className: record.stated ? "crop" : "crop supposed" });
    ["left", "top", "width", "height"].forEach((edge, i) => (box.style[edge] = record.crop[i] + "%"));
    frame.append(box);
  }
  return frame;
}

function load(record, frame) {
  const strip = frame.querySelector(".strip");
  const coded = byId("strip-" + record.strip); // not there yet while the page is still being read
  if (!strip || strip.src || !coded) return;
  strip.onerror = () => frame.classList.add("none");
  strip.src = "data:image/webp;base64," + coded.textContent;
}

// ---- the list

function words(record) {
  const told = record.detail.map(([, lines]) => lines.map((line) => line.join(" ")).join(" "));
  const facts = Object.values(record.f).flat();
  return [record.id, record.group, record.kind, ...facts, ...told].join(" ").toLowerCase();
}

function patternTags(record) {
  const tags = record.patterns.map(([name, said]) =>
    make("span", { className: "tag" }, said === "disagree" ? name + " ?" : name, ...(said === "disagree"
      ? [make("span", { className: "sr" }, " (readers disagree)")] : [])));
  return tags.length ? tags : [make("span", { className: "quiet" }, "–")];
}

function cell(name, label, ...children) {
  return make("span", { className: name, role: "cell", "data-label": label }, ...children);
}

function rowOf(record) {
  const [collection, ...rest] = record.id.split("/");
  const title = make("a", { href: hashOf({ id: record.id }), className: "name" }, rest.join("/") || collection);
  const thumb = make("button", { type: "button", className: "thumb", tabIndex: -1, "aria-label": "Show " + record.id });
  thumb.append(film(record, "small"));
  const rights = record.f.rights[0] === "publishable" ? [] : [make("span", { className: "tag lock" }, "local only")];
  const aside = record.f.state[0] === "included" ? record.kind : record.kind + ", " + record.f.state[0];
  const className = make("span", { className: "class", "data-class": record.f.class[0] }, record.f.class[0]);
  const row = make("div", { className: "row", role: "row", "data-id": record.id },
    cell("pic", "Picture", thumb),
    cell("rec", "Recording", title, make("small", {}, aside)),
    cell("cls", "Class", className),
    cell("probe", "Probe", record.f.probe[0]),
    cell("pat", "Patterns", ...patternTags(record)),
    cell("src", "Source", record.f.source[0]),
    cell("lic", "Licence", record.f.licence[0], ...rights),
    cell("grp", "Group", record.group),
    cell("fold", "Fold", record.f.fold.join(", ")),
    cell("len", "Length", record.seconds === undefined ? "–" : record.seconds.toFixed(1) + " s"));
  if (record.f.state[0] !== "included") row.classList.add("aside");
  return row;
}

const KEYS = {
  id: (r) => r.id, class: (r) => r.f.class[0], probe: (r) => r.f.probe[0], patterns: (r) => r.patterns.length,
  source: (r) => r.f.source[0], licence: (r) => r.f.licence[0], group: (r) => r.group,
  fold: (r) => r.f.fold.join(), length: (r) => r.seconds ?? -1,
};
const order = new Intl.Collator("en", { numeric: true }).compare;

function chosen(record) {
  return (state.q.toLowerCase().match(/\S+/g) ?? []).every((word) => record.words.includes(word)) &&
    [...facets.map((select) => select.dataset.facet), "class"].every((key) => {
      const wanted = (state[key] ?? "").split(",").filter(Boolean);
      return !wanted.length || wanted.some((word) => record.f[key].includes(word));
    });
}

function sorted(records) {
  const key = KEYS[state.sort];
  const sign = state.desc ? -1 : 1;
  if (!key) return state.desc ? records.reverse() : records;
  const compare = (a, b) => (typeof a === "number" ? a - b : order(a, b));
  return records.sort((a, b) => sign * compare(key(a), key(b)) || order(a.id, b.id));
}

let shownFor = null; // what the list was last laid out for
function renderList() {
  const wanted = JSON.stringify([state.q, state.sort, state.desc, ...chips.length ? [state.class] : [],
    ...facets.map((select) => state[select.dataset.facet])]);
  if (wanted === shownFor) return;
  shownFor = wanted;
  visible = sorted(page.recordings.filter(chosen));
  byId("rows").replaceChildren(...visible.map((record) => rows.get(record.id)));
  const total = page.recordings.length;
  byId("count").textContent = visible.length === total
    ? `${total.toLocaleString("en")} recordings` : `${visible.length.toLocaleString("en")} of ${total.toLocaleString("en")} recordings`;
  byId("nothing").hidden = visible.length > 0;
  byId("nothing").textContent = total ? "No recording fits. Take away a filter, or clear them all." : "This collection holds no recording.";
  byId("list").hidden = visible.length === 0;
}

// ---- one recording

function facts([title, lines]) {
  const list = make("dl");
  for (const [label, text, address] of lines) {
    const value = address ? make("a", { href: address, rel: "noopener noreferrer", target: "_blank" }, text) : text;
    list.append(make("dt", {}, label), make("dd", {}, value));
  }
  return make("section", {}, make("h3", {}, title), list);
}

function stageWords(record) {
  if (record.strip === undefined) return record.why[1];
  if (record.window) return record.window;
  return "Frames as the dataset keeps them.";
}

let opened = "";
function renderDetail() {
  const dialog = byId("detail");
  const record = page.recordings.find((one) => one.id === state.id);
  if (!record) {
    opened = "";
    if (dialog.open) dialog.close();
    return;
  }
  if (opened === record.id) return;
  opened = record.id;
  byId("detail-title").textContent = record.id;
  const frame = film(record, "large");
  byId("stage").replaceChildren(frame);
  if (record.strip !== undefined) load(record, frame);
  byId("player").hidden = !(record.frames > 1);
  byId("frame").max = (record.frames ?? 1) - 1;
  showFrame(0);
  play(record.frames > 1 && !reduced.matches);
  byId("stage-words").textContent = stageWords(record);
  byId("facts").replaceChildren(...record.detail.map(facts));
  const place = visible.indexOf(record);
  byId("previous").disabled = place <= 0;
  byId("next").disabled = place < 0 || place === visible.length - 1;
  if (!dialog.open) dialog.showModal();
  dialog.querySelector(".detail-body").scrollTop = 0;
}

function play(on) {
  const strip = byId("stage").querySelector(".strip");
  byId("play").textContent = on ? "Pause" : "Play";
  byId("play").setAttribute("aria-pressed", on);
  strip?.classList.toggle("playing", on);
  strip?.classList.toggle("held", !on);
  showNumber();
}

function showFrame(number) {
  const strip = byId("stage").querySelector(".strip");
  strip?.style.setProperty("--frame", number);
  byId("frame").value = number;
  showNumber();
}

function showNumber() {
  const total = Number(byId("frame").max) + 1;
  const playing = byId("play").textContent === "Pause";
  byId("frame-number").textContent = playing ? `${total} frames` : `${Number(byId("frame").value) + 1} / ${total}`;
}

function go(by) {
  const next = visible[visible.findIndex((record) => record.id === state.id) + by];
  if (next) change({ id: next.id });
}

// ---- all of it

function render() {
  for (const tab of tabs) {
    const on = tab.id === "tab-" + state.tab;
    tab.setAttribute("aria-selected", on);
    tab.tabIndex = on ? 0 : -1;
    byId(tab.getAttribute("aria-controls")).hidden = !on;
  }
  if (document.activeElement !== byId("search")) byId("search").value = state.q;
  byId("sort").value = KEYS[state.sort] ? state.sort : "";
  byId("direction").setAttribute("aria-pressed", Boolean(state.desc));
  byId("direction").firstElementChild.textContent = state.desc ? "↑" : "↓";
  for (const head of document.querySelectorAll("[data-sort]")) {
    const on = head.dataset.sort === state.sort;
    head.setAttribute("aria-sort", on ? (state.desc ? "descending" : "ascending") : "none");
  }
  const view = state.view || (narrow.matches ? "cards" : "table");
  byId("list").dataset.view = view;
  for (const button of document.querySelectorAll("[data-view][aria-pressed]")) {
    button.setAttribute("aria-pressed", button.dataset.view === view);
  }
  const classes = (state.class ?? "").split(",");
  for (const chip of chips) chip.setAttribute("aria-pressed", classes.includes(chip.dataset.class));
  for (const select of facets) select.value = state[select.dataset.facet] ?? "";
  const active = facets.filter((select) => select.value).length;
  byId("active").textContent = active ? `(${active} set)` : "";
  byId("clear").hidden = !(active || state.q || state.class);
  renderList();
  renderDetail();
}

function setLoops(on) {
  document.documentElement.classList.toggle("loops", on);
  byId("loops").setAttribute("aria-pressed", on);
}

function moveBetweenTabs(event) {
  const here = tabs.indexOf(event.target.closest("[role=tab]"));
  const to = { ArrowRight: here + 1, ArrowLeft: here - 1, Home: 0, End: tabs.length - 1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  const tab = tabs[(to + tabs.length) % tabs.length];
  tab.focus();
  change({ tab: tab.id.slice(4) });
}

function listen() {
  for (const tab of tabs) {
    tab.addEventListener("click", () => change({ tab: tab.id.slice(4) }, { step: true }));
    tab.addEventListener("keydown", moveBetweenTabs);
  }
  byId("search").addEventListener("input", (event) => change({ q: event.target.value }));
  byId("sort").addEventListener("change", (event) => change({ sort: event.target.value, desc: "" }));
  byId("direction").addEventListener("click", () => change({ desc: state.desc ? "" : "1" }));
  for (const head of document.querySelectorAll("[data-sort]")) {
    head.addEventListener("click", () => {
      const again = head.dataset.sort === state.sort;
      change({ sort: head.dataset.sort, desc: again && !state.desc ? "1" : "" });
    });
  }
  for (const button of document.querySelectorAll("[data-view][aria-pressed]")) {
    button.addEventListener("click", () => change({ view: button.dataset.view }));
  }
  for (const chip of chips) {
    chip.addEventListener("click", () => {
      const classes = new Set((state.class ?? "").split(",").filter(Boolean));
      if (!classes.delete(chip.dataset.class)) classes.add(chip.dataset.class);
      change({ class: [...classes].join(",") });
    });
  }
  for (const select of facets) {
    select.addEventListener("change", () => change({ [select.dataset.facet]: select.value }));
  }
  byId("clear").addEventListener("click", () => {
    change({ q: "", class: "", ...Object.fromEntries(facets.map((select) => [select.dataset.facet, ""])) });
    byId("search").value = "";
    byId("search").focus();
  });
  byId("loops").addEventListener("click", () => setLoops(!document.documentElement.classList.contains("loops")));
  byId("crops").addEventListener("click", () => {
    const off = document.documentElement.classList.toggle("no-crops");
    byId("crops").setAttribute("aria-pressed", !off);
  });
  reduced.addEventListener("change", () => setLoops(!reduced.matches));
  // Paper is narrow too, but a layout that changes while pages are counted loses the last of them.
  narrow.addEventListener("change", () => matchMedia("print").matches || render());
  addEventListener("beforeprint", () => (byId("list").dataset.view = "cards"));
  addEventListener("afterprint", render);

  byId("rows").addEventListener("click", (event) => {
    const row = event.target.closest(".row");
    const plain = !event.ctrlKey && !event.metaKey && !event.shiftKey;
    if (row && plain && event.target.closest(".name, .thumb")) {
      event.preventDefault();
      change({ id: row.dataset.id }, { step: true });
    }
  });
  byId("rows").addEventListener("keydown", (event) => {
    const by = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
    const next = by && event.target.closest(".row")?.[by];
    if (!next) return;
    event.preventDefault();
    next.querySelector(".name").focus();
  });

  const dialog = byId("detail");
  byId("close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => {
    const last = rows.get(state.id);
    if (state.id) change({ id: "" });
    last?.querySelector(".name").focus();
  });
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  dialog.addEventListener("keydown", (event) => {
    if (event.target.id === "frame") return;
    if (event.key === "ArrowLeft") go(-1);
    if (event.key === "ArrowRight") go(1);
  });
  byId("previous").addEventListener("click", () => go(-1));
  byId("next").addEventListener("click", () => go(1));
  byId("play").addEventListener("click", () => play(byId("play").textContent === "Play"));
  byId("frame").addEventListener("input", (event) => {
    play(false);
    showFrame(Number(event.target.value));
  });

  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, select, textarea, dialog");
    if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    change({ tab: "recordings" });
    byId("search").focus();
  });
  // Links inside the page name only a recording; the rest of the state stays as it is.
  byId("rows").closest("main").addEventListener("click", (event) => {
    const target = event.target.closest('a[href^="#id="]');
    if (!target || target.classList.contains("name")) return;
    event.preventDefault();
    change({ id: new URLSearchParams(target.getAttribute("href").slice(1)).get("id") }, { step: true });
  });
  for (const name of ["hashchange", "popstate"]) {
    addEventListener(name, () => {
      state = readState();
      render();
    });
  }
}

function loadWhatIsNear() {
  const near = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      const record = recordingOf.get(entry.target);
      load(record, entry.target.querySelector(".film"));
      near.unobserve(entry.target);
    }
  }, { rootMargin: "400px" });
  const recordingOf = new Map();
  for (const record of page.recordings) {
    if (record.strip === undefined) continue;
    recordingOf.set(rows.get(record.id), record);
    near.observe(rows.get(record.id));
  }
  // A page may open with one recording in front, before that one's picture was read.
  const front = page.recordings.find((record) => record.id === state.id);
  if (front?.strip !== undefined) load(front, byId("stage").querySelector(".film"));
  // Paper has no "near": all pictures of a page that is printed are wanted, within reason.
  addEventListener("beforeprint", () => {
    for (const record of visible.slice(0, 400)) load(record, rows.get(record.id).querySelector(".film"));
  });
}

document.documentElement.classList.add("js");
for (const record of page.recordings) {
  record.words = words(record);
  rows.set(record.id, rowOf(record));
}
byId("filters").open = !narrow.matches;
byId("crops").hidden = !page.recordings.some((record) => record.crop);
setLoops(!reduced.matches);
listen();
render();
// The pictures stand behind this script, so that the list is there before they are.
document.addEventListener("DOMContentLoaded", loadWhatIsNear);
