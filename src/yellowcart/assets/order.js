// Buying: the SKU sheet of a listing, and the one request that places an order.
// A request that may have arrived is repeated with its own Idempotency-Key; after an answer that says no, the
// next try is a new one. A price that changed is shown and asked for again, never charged silently.

import { toast } from "./page.js";
import { randomId, report } from "./audience.js";

const ROUNDS_MAX = 5;
const wait = (milliseconds) => new Promise((done) => { setTimeout(done, milliseconds); });
const language = document.documentElement.lang === "en" ? "en" : "zh_CN";
const sheet = document.getElementById("sku-sheet");
let token = null;
let attempt = null;

function money(fen) {
  return `¥${Math.floor(fen / 100).toLocaleString("en-US")}.${String(fen % 100).padStart(2, "0")}`;
}

async function buyerToken() {
  if (token) return token;
  const answer = await fetch("/buyer-token", { headers: { Accept: "application/json" } });
  if (answer.status === 401) return null;
  if (!answer.ok) throw new Error(`buyer token: ${answer.status}`);
  token = (await answer.json()).token;
  return token;
}

function chosen(form) { return form.querySelector('input[name="sku_id"]:checked'); }

function wanted(form) {
  const sku = chosen(form);
  const address = {};
  for (const input of form.querySelectorAll("[data-address]")) address[input.dataset.address] = input.value.trim();
  return {
    listing_id: Number(form.dataset.order),
    sku_id: Number(sku.value),
    quantity: Number(form.elements.quantity.value),
    unit_price_fen: Number(sku.dataset.price),
    address,
  };
}

/** Price, pieces left, the most that may be taken and the sum follow the choice. */
function showChoice(form) {
  const sku = chosen(form);
  const submit = form.querySelector("[type=submit]");
  submit.disabled = !sku;
  submit.dataset.words ||= submit.textContent;
  submit.textContent = submit.dataset.words;
  if (!sku) return;
  const price = Number(sku.dataset.price);
  const left = Number(sku.dataset.left);
  const quantity = form.elements.quantity;
  const most = Math.max(1, Math.min(left, Number(form.dataset.most)));
  if (Number(quantity.max) !== most) quantity.max = String(most);
  if (Number(quantity.value) > most) quantity.value = String(most);
  if (!(Number(quantity.value) >= 1)) quantity.value = "1";
  for (const button of form.querySelectorAll(".stepper [data-step]")) {
    button.disabled = button.dataset.step === "up" ? Number(quantity.value) >= most : Number(quantity.value) <= 1;
  }
  form.querySelector("[data-price]").textContent = money(price);
  form.querySelector("[data-left]").textContent = left > 0
    ? form.dataset.wordsLeft.replace("{number}", String(left)) : form.dataset.wordsOut;
  form.querySelector("[data-sum]").textContent = money(price * Number(quantity.value));
}

function say(form, text, kind) {
  const line = document.createElement("div");
  line.className = `flash flash--${kind}`;
  line.textContent = text;
  form.querySelector("[data-said]").replaceChildren(line);
  line.scrollIntoView({ block: "nearest" });
}

/** Opens the sheet of a listing: `address` is where its form is read. */
async function openSheet(address) {
  const answer = await fetch(address, { headers: { Accept: "text/html" } });
  if (!answer.ok) { toast(document.body.dataset.failed); return; }
  sheet.querySelector("[data-sheet]").innerHTML = await answer.text();
  sheet.dataset.address = address;
  attempt = null;
  const form = sheet.querySelector("form[data-order]");
  if (form) showChoice(form);
  if (!sheet.open) sheet.showModal();
}

/** Reads the SKUs again and keeps everything that was typed. */
async function readSkusAgain(form) {
  const answer = await fetch(sheet.dataset.address, { headers: { Accept: "text/html" } }).catch(() => null);
  if (!answer?.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-skus]");
  const old = form.querySelector("[data-skus]");
  if (!fresh || !old) { form.querySelector("[type=submit]").disabled = true; return; }
  const kept = chosen(form)?.value;
  old.replaceWith(fresh);
  const again = kept && form.querySelector(`input[name="sku_id"][value="${CSS.escape(kept)}"]:not(:disabled)`);
  // What was chosen is gone: the buyer chooses again, nothing is chosen for them.
  for (const sku of form.querySelectorAll('input[name="sku_id"]')) sku.checked = sku === again;
  showChoice(form);
}

async function refused(form, problem) {
  const words = problem.messages?.[language] || problem.detail || document.body.dataset.failed;
  attempt = null;
  if (problem.code === "price_changed") {
    const sku = chosen(form);
    const before = Number(sku.dataset.price);
    const now = Number(problem.values.unit_price_fen);
    sku.dataset.price = String(now);
    showChoice(form);
    form.querySelector("[data-price]").classList.add("money--changed");
    const asked = form.dataset.wordsPrice.replace("{before}", money(before)).replace("{now}", money(now));
    say(form, asked, "warning");
    form.querySelector("[type=submit]").textContent = form.dataset.wordsAgain.replace("{now}", money(now));
    return;
  }
  say(form, words, "error");
  if (["sold_out", "sku_unknown", "listing_closed", "link_refused"].includes(problem.code)) await readSkusAgain(form);
}

function keepAddress(address) {
  fetch("/me/addresses/used", {
    method: "POST", keepalive: true, body: JSON.stringify(address),
    headers: {
      "Content-Type": "application/json", "Accept": "application/json",
      "X-CSRF-Token": document.querySelector('meta[name="csrf-token"]').content,
    },
  }).catch(() => {});
}

/** One try: answers true when it is over, false when the same request is worth repeating. */
async function tryOnce(form, round) {
  let answer;
  try {
    const bearer = await buyerToken();
    if (!bearer) { location.assign(`/login?next=${encodeURIComponent(location.pathname)}`); return true; }
    answer = await fetch("/api/v1/orders", {
      method: "POST",
      headers: {
        "Content-Type": "application/json", "Accept-Language": document.documentElement.lang,
        "Authorization": `Bearer ${bearer}`, "Idempotency-Key": attempt.key,
      },
      body: attempt.body,
    });
  } catch {
    // Whether it arrived is not known: the same key makes the repeat safe.
    say(form, document.body.dataset.offline, "warning");
    await wait(1000 * (round + 1));
    return false;
  }
  if (answer.status === 201) {
    const order = await answer.json();
    keepAddress(JSON.parse(attempt.body).address);
    location.assign(`/cashier/${order.shop_id}/${order.order_id}`);
    return true;
  }
  const problem = await answer.json().catch(() => ({}));
  if (answer.status === 401) { token = null; return false; }
  if (answer.status === 429 || answer.status === 503) {
    const seconds = Number(answer.headers.get("Retry-After")) || 1;
    say(form, form.dataset.wordsQueue.replace("{seconds}", String(seconds)), "info");
    await wait(seconds * 1000 + Math.random() * 400);
    return false;
  }
  await refused(form, problem);
  return true;
}

async function place(form) {
  if (form.dataset.busy) return;
  const body = JSON.stringify(wanted(form));
  if (attempt?.body !== body) attempt = { key: randomId(), body };
  const submit = form.querySelector("[type=submit]");
  form.dataset.busy = "yes";
  form.setAttribute("aria-busy", "true");
  submit.setAttribute("aria-disabled", "true");
  form.querySelector("[data-said]").replaceChildren();
  try {
    for (let round = 0; round < ROUNDS_MAX; round += 1) {
      if (await tryOnce(form, round)) return;
    }
    say(form, form.dataset.wordsLater, "warning");
  } finally {
    delete form.dataset.busy;
    form.removeAttribute("aria-busy");
    submit.removeAttribute("aria-disabled");
  }
}

document.addEventListener("click", (event) => {
  const button = event.target instanceof Element && event.target.closest("[data-buy]");
  if (!button || !sheet) return;
  event.preventDefault();
  report("tap", button.dataset.listing);
  openSheet(button.dataset.buy).catch(() => toast(document.body.dataset.offline));
});
document.addEventListener("click", (event) => {
  const tapped = event.target instanceof Element && event.target.closest("a[data-listing]");
  if (tapped) report("tap", tapped.dataset.listing);
});
document.addEventListener("change", (event) => {
  const form = event.target instanceof Element && event.target.closest("form[data-order]");
  if (form) showChoice(form);
});
document.addEventListener("submit", (event) => {
  if (!(event.target instanceof Element) || !event.target.matches("form[data-order]")) return;
  event.preventDefault();
  place(event.target).catch(() => say(event.target, document.body.dataset.failed, "error"));
});
// A required field inside a folded address cannot be shown by the browser: unfold it first.
document.addEventListener("invalid", (event) => {
  const folded = event.target instanceof Element && event.target.closest("details");
  if (folded) folded.open = true;
}, true);

/** The pieces left of one SKU, told by the room while the sheet is open. */
document.addEventListener("stock:told", (event) => {
  const form = sheet?.open && sheet.querySelector("form[data-order]");
  if (!form || Number(form.dataset.order) !== event.detail.listing_id) return;
  const sku = form.querySelector(`input[name="sku_id"][value="${event.detail.sku_id}"]`);
  if (!sku) return;
  sku.dataset.left = String(event.detail.available);
  sku.disabled = event.detail.available <= 0;
  showChoice(form);
});
