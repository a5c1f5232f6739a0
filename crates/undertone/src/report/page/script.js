// Seeks in the recording, shows where it plays, makes timelines longer, sorts tables. The page reads without it.
"use strict";
for (const section of document.querySelectorAll("section")) {
  const audio = section.querySelector("audio");
  const timeline = section.querySelector(".timeline");
  const seek = (seconds) => { audio.currentTime = seconds; audio.play().catch(() => {}); };
  if (audio) section.addEventListener("click", (event) => {
    const button = event.target.closest("[data-t]");
    if (button) seek(Number(button.dataset.t));
  });
  if (!timeline) continue;
  const seconds = Number(timeline.dataset.seconds), scroll = timeline.querySelector(".scroll");
  const track = timeline.querySelector(".track"), head = timeline.querySelector(".head");
  const moveHead = () => {
    head.hidden = false;
    const share = Math.min(1, audio.currentTime / seconds);
    head.style.left = 100 * share + "%";
    const x = share * track.clientWidth;
    if (!audio.paused && (x < scroll.scrollLeft || x > scroll.scrollLeft + scroll.clientWidth)) scroll.scrollLeft = x - 40;
  };
  if (audio) {
    track.classList.add("seeks");
    for (const name of ["timeupdate", "seeking", "play"]) audio.addEventListener(name, moveHead);
    track.addEventListener("click", (event) => {
      const box = track.getBoundingClientRect();
      seek(seconds * (event.clientX - box.left) / box.width);
    });
  }
  let zoom = 1;
  const tools = timeline.querySelector(".tools"), [shorter, longer] = tools.children;
  const show = (wanted) => {
    const middle = (scroll.scrollLeft + scroll.clientWidth / 2) / track.clientWidth;
    zoom = wanted;
    track.style.width = 100 * zoom + "%";
    timeline.className = "timeline";
    for (let step = 1; step <= zoom; step *= 2) timeline.classList.add("s" + step);
    scroll.scrollLeft = middle * track.clientWidth - scroll.clientWidth / 2;
    shorter.disabled = zoom === 1;
    longer.disabled = zoom === 32;
  };
  tools.hidden = false;
  shorter.addEventListener("click", () => show(zoom / 2));
  longer.addEventListener("click", () => show(zoom * 2));
  show(1);
}
for (const table of document.querySelectorAll("table.spans")) {
  const heads = [...table.tHead.rows[0].cells], body = table.tBodies[0];
  const value = (row, column) => {
    const cell = row.cells[column], number = Number(cell.dataset.v ?? cell.textContent.replace("−", "-"));
    return Number.isNaN(number) || cell.textContent === "" ? cell.textContent : number;
  };
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const order = (a, b) => (a < b ? -1 : a > b ? 1 : 0) * (down ? -1 : 1);
      const rows = [...body.rows].sort((a, b) => order(value(a, column), value(b, column)));
      body.append(...rows);
    });
  });
}
