// Seeks in the recording, shows where it plays, makes timelines longer. The page reads without it.
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
  const showAt = (time, follow) => {
    head.hidden = false;
    const share = Math.min(1, time / seconds);
    head.style.left = 100 * share + "%";
    const x = share * track.clientWidth;
    if (follow && (x < scroll.scrollLeft || x > scroll.scrollLeft + scroll.clientWidth)) scroll.scrollLeft = x - scroll.clientWidth / 4;
  };
  if (audio) {
    track.classList.add("seeks");
    for (const name of ["timeupdate", "seeking", "play"]) audio.addEventListener(name, () => showAt(audio.currentTime, !audio.paused));
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
  // Keys of the timeline: arrows seek (without a sound they scroll, as ever), + and − change its length.
  scroll.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step && audio) {
      const time = Math.max(0, Math.min(seconds, audio.currentTime + step * (event.shiftKey ? 30 : 5)));
      audio.currentTime = time;
      showAt(time, true);
    } else if ((event.key === "Home" || event.key === "End") && audio) {
      audio.currentTime = event.key === "Home" ? 0 : seconds;
      showAt(audio.currentTime, true);
    } else if ("+=".includes(event.key) && zoom < 32) show(zoom * 2);
    else if (event.key === "-" && zoom > 1) show(zoom / 2);
    else if (!"+=-".includes(event.key)) return;
    event.preventDefault();
  });
  // An index links to a moment: #t=12.5
  const wanted = /^#t=(\d+(\.\d+)?)$/.exec(location.hash);
  if (wanted && section === document.querySelector("section")) {
    const time = Math.min(seconds, Number(wanted[1]));
    if (audio) audio.currentTime = time;
    showAt(time, true);
  }
}
