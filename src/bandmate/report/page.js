"use strict";
// One transport for each box of players: they run together and all but one are muted, so switching keeps the place.
(() => {
  const heads = [...document.querySelectorAll(".playhead")];
  const decks = [];
  const FAR_S = 0.25;
  const NEAR_S = 0.01;
  let moved = null; // the deck that was used last: the playheads of the charts are its

  const clock = (s) => `${Math.floor(s / 60)}:${String(Math.floor(s % 60)).padStart(2, "0")}`;

  function makeDeck(box) {
    const players = [...box.querySelectorAll(".player audio")];
    const picks = [...box.querySelectorAll(".pick")];
    const figures = [...box.querySelectorAll("figure.player")];
    const [transport, play, seek, now, length, blind, told] =
      [".transport", ".play", ".seek", ".now", ".length", ".blind", ".told"].map((name) => box.querySelector(name));
    const playWord = play.querySelector(".word");
    const names = picks.map((b) => b.textContent);
    const start = Number(box.dataset.start || 0);
    let order = players.map((_, i) => i); // which player each button is for
    let heard = Math.max(0, picks.findIndex((b) => b.getAttribute("aria-pressed") === "true"));
    let wantsPlay = false;
    let isSeeking = false;
    let isBlind = false;
    const deck = { stop: () => { if (wantsPlay) setPlaying(false); } };

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
      if (moved === deck) showHeads(at, Number(box.dataset.song || end));
    }

    // A chart shows where the sound is if it spans the same song.
    function showHeads(at, song) {
      heads.forEach((head) => {
        const seconds = Number(head.dataset.seconds);
        const fits = song > 0 && Math.abs(seconds - song) < 2 + 0.01 * song;
        head.setAttribute("visibility", fits && at > 0 ? "visible" : "hidden");
        const x = Math.min(1000, (1000 * (start + at)) / seconds).toFixed(1);
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
      picks.forEach((b, i) => b.setAttribute("aria-pressed", String(order[i] === index)));
      figures.forEach((f, i) => f.classList.toggle("heard", i === index));
      // subtle: some phones allow one sound at a time and have paused the muted ones
      if (wantsPlay && players[index].paused) players[index].play().catch(() => setPlaying(false));
      show();
    }

    function setPlaying(on) {
      wantsPlay = on;
      showPlaying();
      if (!on) return players.forEach((p) => p.pause());
      decks.forEach((other) => { if (other !== deck) other.stop(); });
      moved = deck;
      if (duration() && place() >= duration() - 0.05) goTo(0);
      follow();
      players[heard].play().then(tick, () => setPlaying(false));
      players.forEach((p, i) => { if (i !== heard) p.play().catch(() => {}); });
    }

    function goTo(seconds) {
      const at = Math.max(0, Math.min(duration(), seconds));
      players.forEach((p) => { p.currentTime = at; });
      moved = deck;
      show();
    }

    function tick() {
      if (!wantsPlay) return;
      follow();
      if (duration() && place() >= duration() - 0.02) { setPlaying(false); goTo(0); return; }
      show();
      requestAnimationFrame(tick);
    }

    // Blindly: the buttons only have numbers, and which is which was drawn anew; asked, it says so.
    function setBlind(on) {
      const was = order;
      isBlind = on;
      order = players.map((_, i) => i);
      if (on && Math.random() < 0.5) order.reverse();
      box.classList.toggle("blind-now", on);
      picks.forEach((b, i) => { b.textContent = on ? String(i + 1) : names[i]; });
      blind.textContent = on ? "Which is which?" : "Listen blindly";
      told.textContent = on ? "" : was.map((player, i) => `${i + 1} was ${names[player]}`).join("; ");
      hear(on ? order[0] : heard);
    }

    play.addEventListener("click", () => setPlaying(!wantsPlay));
    picks.forEach((b, i) => b.addEventListener("click", () => hear(order[i])));
    if (blind) blind.addEventListener("click", () => setBlind(!isBlind));
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

    box.classList.add("together");
    transport.hidden = false;
    players.forEach((p) => { p.controls = false; p.tabIndex = -1; });
    hear(heard);
    decks.push(deck);
  }

  window.addEventListener("beforeprint", () => {
    document.querySelectorAll("details").forEach((d) => { d.open = true; });
  });
  document.querySelectorAll(".players").forEach(makeDeck);
})();
