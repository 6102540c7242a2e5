// All of it: shows the state, and listens for what changes it.

function render() {
  for (const tab of tabs) {
    const on = tab.id === "tab-" + state.tab;
    if (on && tab.getAttribute("aria-selected") !== "true") bringIntoView(tab);
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

// On a phone the tabs are wider than the page. Only their own strip moves: scrollIntoView could move the page, too.
function bringIntoView(tab) {
  const [box, strip] = [tab, tab.parentElement].map((element) => element.getBoundingClientRect());
  tab.parentElement.scrollLeft += box.left + box.width / 2 - strip.left - strip.width / 2;
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

document.documentElement.classList.add("js");
for (const record of page.recordings) {
  record.words = words(record);
  rows.set(record.id, rowOf(record));
}
// The page of a dataset may name recordings of its collection that the dataset does not hold.
for (const link of document.querySelectorAll('main a[href^="#id="]')) {
  if (!recordings.has(new URLSearchParams(link.getAttribute("href").slice(1)).get("id"))) link.replaceWith(link.textContent);
}
byId("filters").open = !narrow.matches;
byId("crops").hidden = !page.recordings.some((record) => record.crop);
setLoops(!reduced.matches);
listen();
render();
// The pictures stand behind this script, so that the list is there before they are.
document.addEventListener("DOMContentLoaded", loadWhatIsNear);
