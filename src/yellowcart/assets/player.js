// Plays video[data-stream] (an HLS playlist): with the browser's own player where it has one, else with hls.js.
// No worker: it would need blob: in the page's script policy, and the streams here are small.

function play(video) {
  if (video.dataset.playing) return;
  video.dataset.playing = "yes";
  const stream = video.dataset.stream;
  const start = () => video.play().catch(() => video.classList.add("is-waiting-for-tap"));
  if (globalThis.Hls?.isSupported()) {
    const player = new globalThis.Hls({ enableWorker: false, liveSyncDurationCount: 2 });
    player.on(globalThis.Hls.Events.ERROR, (_event, error) => {
      if (!error.fatal) return;
      if (error.type === globalThis.Hls.ErrorTypes.MEDIA_ERROR) player.recoverMediaError();
      else {
        video.dispatchEvent(new CustomEvent("stream:missing", { bubbles: true }));
        setTimeout(() => player.loadSource(stream), 3000);
      }
    });
    player.on(globalThis.Hls.Events.MANIFEST_PARSED, start);
    player.loadSource(stream);
    player.attachMedia(video);
  } else if (video.canPlayType("application/vnd.apple.mpegurl")) {
    video.src = stream;
    video.addEventListener("loadedmetadata", start, { once: true });
  }
}

// A page may say so with an element [data-stream-note] while the picture is not there.
document.addEventListener("stream:missing", () => showNote(true));
document.addEventListener("playing", () => showNote(false), true);
function showNote(shown) { document.querySelectorAll("[data-stream-note]").forEach((note) => { note.hidden = !shown; }); }

document.querySelectorAll("video[data-stream]").forEach(play);
document.addEventListener("htmx:afterSettle", () => document.querySelectorAll("video[data-stream]").forEach(play));
document.addEventListener("click", (event) => {
  const button = event.target instanceof Element && event.target.closest("[data-sound]");
  const video = button && document.querySelector("video[data-stream]");
  if (!video) return;
  video.muted = !video.muted;
  button.setAttribute("aria-pressed", String(!video.muted));
});
