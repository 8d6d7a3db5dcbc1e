// Whether a viewer who left through an outside listing arrived there, and whether they came back. The page that is
// left tells the first in the moment in which the browser takes it away; whichever page of ours is in front next
// tells the second. The key of the jump is kept in this tab until it has come back.

const KEPT = "jump";
const AGE_MAX_MS = 24 * 3600 * 1000;

function kept() {
  try {
    const jump = JSON.parse(sessionStorage.getItem(KEPT) ?? "null");
    return jump && Date.now() - jump.at < AGE_MAX_MS ? jump : null;
  } catch { return null; }
}

function keep(jump) {
  try {
    if (jump) sessionStorage.setItem(KEPT, JSON.stringify(jump));
    else sessionStorage.removeItem(KEPT);
  } catch { /* without storage nobody is counted as back */ }
}

function tell(key, happened) {
  const token = document.querySelector('meta[name="csrf-token"]')?.content ?? "";
  navigator.sendBeacon("/out/beacon", new URLSearchParams({ jump_key: key, happened, _csrf_token: token }));
}

let leaving = null;

document.querySelectorAll("form[data-jump]").forEach((form) => form.addEventListener("submit", () => {
  leaving = { key: new FormData(form).get("jump_key"), at: Date.now() };
  keep(leaving);
}));

function gone() {
  if (!leaving) return;
  tell(leaving.key, "landed");
  leaving = null;
}

function back() {
  const jump = leaving ? null : kept();
  if (!jump) return;
  keep(null);
  tell(jump.key, "returned");
}

// An app that takes the link over hides the page without taking it away.
addEventListener("pagehide", gone);
document.addEventListener("visibilitychange", () => (document.visibilityState === "hidden" ? gone() : back()));
addEventListener("pageshow", back);
