// Coupons of a room or video: read into their sheet when it opens, claimed in place, and popping up when the host
// drops one.

import { prepare, toast } from "./page.js";

const SHOWN_FOR_MS = 12000;
const SPREAD_MS = 1200;
const sheet = document.querySelector("[data-coupon-sheet]");
const dropped = document.querySelector("[data-dropped]");
let hiding = null;

function parse(html) { return new DOMParser().parseFromString(html, "text/html"); }

async function read() {
  const answer = await fetch(sheet.dataset.couponSheet, { headers: { Accept: "text/html" } });
  return answer.ok ? parse(await answer.text()).querySelector("[data-coupons]") : null;
}

function showCount(list) {
  const number = Number(list.dataset.coupons);
  for (const badge of document.querySelectorAll("[data-coupon-count]")) badge.textContent = number ? String(number) : "";
}

/** One coupon less can be claimed. */
function countDown() {
  for (const badge of document.querySelectorAll("[data-coupon-count]")) {
    const number = Number(badge.textContent) - 1;
    badge.textContent = number > 0 ? String(number) : "";
  }
}

async function fill() {
  const list = await read();
  if (!list) { toast(document.body.dataset.failed); return; }
  showCount(list);
  sheet.replaceChildren(list);
  prepare(sheet);
}

/** Shows one coupon over the video, with its button, for a while. */
function popUp(coupon) {
  coupon.classList.add("offered--new");
  const head = document.createElement("div");
  head.className = "dropped__head";
  head.textContent = sheet.dataset.wordsDropped;
  dropped.replaceChildren(head, coupon);
  prepare(dropped);
  if (!dropped.matches(":popover-open")) dropped.showPopover();
  clearTimeout(hiding);
  hiding = setTimeout(hide, SHOWN_FOR_MS);
}

function hide() {
  // Nobody loses the coupon under their finger.
  if (dropped.matches(":hover, :focus-within")) { hiding = setTimeout(hide, SHOWN_FOR_MS); return; }
  if (dropped.matches(":popover-open")) dropped.hidePopover();
}

document.addEventListener("coupon:dropped", ({ detail }) => {
  // Not every page at the same instant.
  setTimeout(async () => {
    const list = await read().catch(() => null);
    if (!list) return;
    showCount(list);
    const coupon = list.querySelector(`[data-coupon="${detail.coupon_id}"]`);
    if (sheet.closest("dialog").open) {
      sheet.replaceChildren(list);
      sheet.querySelector(`[data-coupon="${detail.coupon_id}"]`)?.classList.add("offered--new");
      prepare(sheet);
    } else if (coupon) popUp(coupon);
  }, Math.random() * SPREAD_MS);
});

async function claim(form) {
  const button = form.querySelector("[type=submit]");
  if (form.dataset.busy) return;
  form.dataset.busy = "yes";
  button.setAttribute("aria-disabled", "true");
  try {
    const answer = await fetch(form.action, {
      method: "POST", body: new URLSearchParams(new FormData(form)), headers: { Accept: "text/html", "X-Part": "coupon" },
    });
    const fresh = parse(await answer.text()).querySelector("[data-coupon]");
    if (!fresh) { toast(document.body.dataset.failed); return; }
    for (const old of document.querySelectorAll(`[data-coupon="${fresh.dataset.coupon}"]`)) {
      const copy = fresh.cloneNode(true);
      old.replaceWith(copy);
      if (answer.ok && old.contains(form)) toast(sheet.dataset.wordsClaimed, "success");
    }
    if (answer.ok) {
      if (!fresh.querySelector("form[data-claim]")) countDown();
      clearTimeout(hiding);
      hiding = setTimeout(hide, 2000);
    }
  } catch {
    // Whether it arrived is not known: the same key makes the repeat safe.
    toast(document.body.dataset.offline);
  } finally {
    delete form.dataset.busy;
    button.removeAttribute("aria-disabled");
  }
}

document.addEventListener("submit", (event) => {
  if (!(event.target instanceof Element) || !event.target.matches("form[data-claim]")) return;
  event.preventDefault();
  claim(event.target);
});
document.addEventListener("click", (event) => {
  if (event.target instanceof Element && event.target.closest('[data-opens="coupons"]')) {
    fill().catch(() => toast(document.body.dataset.offline));
  }
});
