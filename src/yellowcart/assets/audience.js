// What a viewer does, told to the platform: enter, like, cart_open, tap, leave. Nobody has to be signed in; the
// visitor is a random name kept in this browser, so that one viewer is counted once.

const KEY = "visitor";

/** A random id; crypto.randomUUID exists on secure pages only. */
export function randomId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function visitor() {
  try {
    const known = localStorage.getItem(KEY);
    if (known) return known;
    const made = randomId();
    localStorage.setItem(KEY, made);
    return made;
  } catch { return randomId(); }
}

const name = visitor();
const place = document.querySelector("[data-place]");

/** The room or video that this page shows, as the platform is told of it. */
export function here() {
  if (!place) return null;
  const { room, video } = place.dataset;
  if (room) return { room_id: Number(room) };
  return video ? { video_id: Number(video) } : null;
}

/** Tells of one thing; a failure is nobody's business. */
export function report(kind, listing = null) {
  const about = here();
  if (!about) return;
  const body = { ...about, kind, visitor: name };
  if (listing) body.listing_id = Number(listing);
  fetch("/api/v1/audience-events", {
    method: "POST", keepalive: true, headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
  }).catch(() => {});
}

if (here()) {
  report("enter");
  addEventListener("pagehide", () => report("leave"));
  document.addEventListener("click", (event) => {
    if (event.target instanceof Element && event.target.closest('[data-opens="cart"]')) report("cart_open");
  });
}
document.querySelectorAll("input[data-visitor]").forEach((input) => { input.value = name; });
