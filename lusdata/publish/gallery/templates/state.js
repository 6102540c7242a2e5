"use strict";

// The page's own data, its elements, and the state that the address keeps: everything else follows from these.
const page = JSON.parse(document.getElementById("data").textContent);
const byId = (id) => document.getElementById(id);
const recordings = new Map(page.recordings.map((record) => [record.id, record]));
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
