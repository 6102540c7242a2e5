// The list of recordings: its rows, what is chosen, and the order.

// Of patterns, those are found that a reader saw: who writes that there is none names the pattern, too.
function words(record) {
  const told = record.detail.filter(([title]) => title !== "Patterns").map(([, lines]) => lines.map((line) => line.join(" ")).join(" "));
  const facts = Object.values(record.f).flat();
  const seen = record.patterns.map(([name]) => name);
  return [record.id, record.group, record.kind, ...facts, ...seen, ...told].join(" ").toLowerCase();
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

// A group of this collection needs no namespace before it.
function own(group) {
  return group.startsWith(page.name + "/") ? group.slice(page.name.length + 1) : group;
}

function rowOf(record) {
  const [collection, ...rest] = record.id.split("/");
  const title = make("a", { href: hashOf({ id: record.id }), className: "name" }, rest.join("/") || collection);
  const thumb = make("button", { type: "button", className: "thumb", tabIndex: -1, "aria-label": "Show " + record.id });
  thumb.append(film(record, "small"));
  const rights = record.f.rights[0] === "publishable" ? [] : [make("span", { className: "tag lock" }, "local only")];
  const called = record.name ? [make("small", { className: "called", title: record.name }, record.name)] : [];
  const aside = record.f.state[0] === "included" ? record.kind : record.kind + ", " + record.f.state[0];
  const className = make("span", { className: "class", "data-class": record.f.class[0] }, record.f.class[0]);
  const row = make("div", { className: "row", role: "row", "data-id": record.id },
    cell("pic", "Picture", thumb),
    cell("rec", "Recording", title, ...called, make("small", {}, aside)),
    cell("cls", "Class", className),
    cell("probe", "Probe", record.f.probe[0]),
    cell("pat", "Patterns", ...patternTags(record)),
    cell("src", "Source", record.f.source[0]),
    cell("lic", "Licence", record.f.licence[0], ...rights),
    cell("grp", "Group", own(record.group)),
    cell("fold", "Fold", record.f.fold.join(", ")),
    cell("len", "Length", record.seconds === undefined ? "–" : record.seconds.toFixed(1) + " s"));
  if (record.f.state[0] !== "included") row.classList.add("aside");
  return row;
}

const KEYS = {
  id: (r) => r.id, name: (r) => r.name ?? r.id, class: (r) => r.f.class[0], probe: (r) => r.f.probe[0], patterns: (r) => r.patterns.length,
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
