// Pictures: strips of frames that style moves, read only when they come near.

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
  const watch = (record, element) => {
    if (record.strip === undefined) return;
    recordingOf.set(element, record);
    near.observe(element);
  };
  for (const record of page.recordings) watch(record, rows.get(record.id));
  // Recordings that a finding names stand beside each other, with their pictures.
  for (const link of document.querySelectorAll("a.pictured")) {
    const record = recordings.get(link.textContent);
    if (!record) continue;
    link.prepend(film(record, "small"));
    watch(record, link);
  }
  // A page may open with one recording in front, before that one's picture was read.
  const front = recordings.get(state.id);
  if (front?.strip !== undefined) load(front, byId("stage").querySelector(".film"));
  // Paper has no "near": all pictures of a page that is printed are wanted, within reason.
  addEventListener("beforeprint", () => {
    for (const record of visible.slice(0, 400)) load(record, rows.get(record.id).querySelector(".film"));
  });
}
