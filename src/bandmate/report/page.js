"use strict";
// One transport for all players: they run together and all but one are muted, so switching keeps the place.
(() => {
  const players = [...document.querySelectorAll(".player audio")];
  const picks = [...document.querySelectorAll(".pick")];
  const figures = [...document.querySelectorAll("figure.player")];
  const heads = [...document.querySelectorAll(".playhead")];
  const [box, transport, play, seek, now, length] =
    ["players", "transport", "play", "seek", "now", "length"].map((id) => document.getElementById(id));
  const playWord = play.querySelector(".word");
  const FAR_S = 0.25;
  const NEAR_S = 0.01;
  let heard = Math.max(0, picks.findIndex((b) => b.getAttribute("aria-pressed") === "true"));
  let wantsPlay = false;
  let isSeeking = false;

  const clock = (s) => `${Math.floor(s / 60)}:${String(Math.floor(s % 60)).padStart(2, "0")}`;
  const duration = () => {
    const known = players.map((p) => p.duration).filter(Number.isFinite);
    return known.length ? Math.min(...known) : 0;
  };
  const place = () => players[heard].currentTime;

  // Muted players are led to the heard one: far off by a jump, near by playing a little faster or slower.
  function follow() {
    players.forEach((p, i) => {
      if (i === heard || p.seeking || players[heard].seeking) return;
      const behind = place() - p.currentTime;
      const isFar = Math.abs(behind) > FAR_S;
      if (isFar) p.currentTime = place();
      p.playbackRate = isFar || Math.abs(behind) < NEAR_S ? 1 : 1 + Math.max(-0.1, Math.min(0.1, 2 * behind));
    });
  }

  function show() {
    const end = duration();
    const at = Math.min(place(), end || 0);
    now.textContent = clock(at);
    length.textContent = end ? clock(end) : "–";
    if (!isSeeking) seek.value = end ? String(Math.round((1000 * at) / end)) : "0";
    seek.setAttribute("aria-valuetext", `${clock(at)} of ${clock(end)}`);
    heads.forEach((head) => {
      const seconds = Number(head.dataset.seconds);
      const fits = end > 0 && Math.abs(seconds - end) < 2 + 0.01 * end;
      head.setAttribute("visibility", fits && at > 0 ? "visible" : "hidden");
      const x = Math.min(1000, (1000 * at) / seconds).toFixed(1);
      head.setAttribute("x1", x);
      head.setAttribute("x2", x);
    });
  }

  function showPlaying() {
    play.classList.toggle("playing", wantsPlay);
    playWord.textContent = wantsPlay ? "Pause" : "Play";
  }

  function hear(index) {
    const at = place();
    if (Math.abs(players[index].currentTime - at) > (wantsPlay ? FAR_S : 0)) players[index].currentTime = at;
    heard = index;
    players[index].playbackRate = 1;
    players.forEach((p, i) => { p.muted = i !== index; });
    picks.forEach((b, i) => b.setAttribute("aria-pressed", String(i === index)));
    figures.forEach((f, i) => f.classList.toggle("heard", i === index));
    // subtle: some phones allow one sound at a time and have paused the muted ones
    if (wantsPlay && players[index].paused) players[index].play().catch(() => setPlaying(false));
    show();
  }

  function setPlaying(on) {
    wantsPlay = on;
    showPlaying();
    if (!on) return players.forEach((p) => p.pause());
    if (duration() && place() >= duration() - 0.05) goTo(0);
    follow();
    players[heard].play().then(tick, () => setPlaying(false));
    players.forEach((p, i) => { if (i !== heard) p.play().catch(() => {}); });
  }

  function goTo(seconds) {
    const at = Math.max(0, Math.min(duration(), seconds));
    players.forEach((p) => { p.currentTime = at; });
    show();
  }

  function tick() {
    if (!wantsPlay) return;
    follow();
    if (duration() && place() >= duration() - 0.02) { setPlaying(false); goTo(0); return; }
    show();
    requestAnimationFrame(tick);
  }

  play.addEventListener("click", () => setPlaying(!wantsPlay));
  picks.forEach((b, i) => b.addEventListener("click", () => hear(i)));
  seek.addEventListener("input", () => { isSeeking = true; goTo((Number(seek.value) / 1000) * duration()); });
  seek.addEventListener("change", () => { isSeeking = false; });
  players.forEach((p) => p.addEventListener("loadedmetadata", show));
  box.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const actions = {
      x: () => hear((heard + 1) % players.length),
      ArrowLeft: () => goTo(place() - 5),
      ArrowRight: () => goTo(place() + 5),
    };
    if (event.target === seek) actions[" "] = () => setPlaying(!wantsPlay);
    if (!actions[event.key]) return;
    event.preventDefault();
    actions[event.key]();
  });
  window.addEventListener("beforeprint", () => {
    document.querySelectorAll("details").forEach((d) => { d.open = true; });
  });

  box.classList.add("together");
  transport.hidden = false;
  players.forEach((p) => { p.controls = false; p.tabIndex = -1; });
  hear(heard);
})();
