// One recording in front of the list.

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
  const record = recordings.get(state.id);
  if (!record) {
    opened = "";
    play(false);
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

let timer = 0;
function play(on) {
  clearInterval(timer);
  const hz = recordings.get(opened)?.hz;
  if (on && hz) timer = setInterval(() => showFrame((Number(byId("frame").value) + 1) % (Number(byId("frame").max) + 1)), 1000 / hz);
  byId("play").textContent = on ? "Pause" : "Play";
  byId("play").setAttribute("aria-pressed", on);
  showNumber();
}

function showFrame(number) {
  byId("stage").querySelector(".strip")?.style.setProperty("--frame", number);
  byId("frame").value = number;
  showNumber();
}

function showNumber() {
  const total = Number(byId("frame").max) + 1;
  const playing = byId("play").textContent === "Pause";
  // While it plays the number stays: it would be read aloud with every frame.
  byId("frame-number").textContent = playing ? `${total} frames` : `${Number(byId("frame").value) + 1} / ${total}`;
}

function go(by) {
  const next = visible[visible.findIndex((record) => record.id === state.id) + by];
  if (next) change({ id: next.id });
}
