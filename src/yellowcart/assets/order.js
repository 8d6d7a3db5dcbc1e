// Buying: the SKU sheet of a listing, which leads to the checkout (checkout.js) in the same sheet, so that nobody
// leaves the room.

import { toast } from "./page.js";
import { report } from "./audience.js";
import "./checkout.js";

const sheet = document.getElementById("sku-sheet");

function money(fen) {
  return `¥${Math.floor(fen / 100).toLocaleString("en-US")}.${String(fen % 100).padStart(2, "0")}`;
}

function chosen(form) { return form.querySelector('input[name="sku"]:checked'); }

/** Price, pieces left, the most that may be taken and the sum follow the choice. */
function showChoice(form) {
  const sku = chosen(form);
  const submit = form.querySelector("[type=submit]");
  submit.disabled = !sku;
  if (!sku) return;
  const price = Number(sku.dataset.price);
  const usual = Number(sku.dataset.usual);
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
  form.querySelector("[data-was]").textContent = price < usual ? money(usual) : "";
  for (const special of form.querySelectorAll("[data-special]")) special.hidden = special.dataset.special !== sku.value;
  form.querySelector("[data-left]").textContent = left > 0
    ? form.dataset.wordsLeft.replace("{number}", String(left)) : form.dataset.wordsOut;
  form.querySelector("[data-sum]").textContent = money(price * Number(quantity.value));
}

/** Draws what an address answers into the sheet. Answers the form that came. */
async function fill(address, headers) {
  const answer = await fetch(address, { headers: { Accept: "text/html", ...headers } });
  if (answer.redirected) { location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search)}`); return null; }
  if (!answer.ok) { toast(document.body.dataset.failed); return null; }
  sheet.querySelector("[data-sheet]").innerHTML = await answer.text();
  document.dispatchEvent(new CustomEvent("htmx:afterSettle"));
  const form = sheet.querySelector("form[data-title]");
  const heading = document.getElementById("sku-sheet-title");
  if (form) heading.textContent = form.dataset.title;
  return form;
}

/** Opens the sheet of a listing: `address` is where its form is read. */
async function openSheet(address) {
  const form = await fill(address, {});
  if (form?.matches("[data-choose]")) showChoice(form);
  if (sheet.textContent.trim() && !sheet.open) sheet.showModal();
}

/** From the choice to the checkout, in the same sheet. */
async function checkOut(form) {
  if (form.dataset.busy) return;
  form.dataset.busy = "yes";
  form.setAttribute("aria-busy", "true");
  try {
    await fill(`/checkout?${new URLSearchParams(new FormData(form))}`, { "X-Part": "checkout" });
    document.getElementById("sku-sheet-title").focus();
  } finally {
    delete form.dataset.busy;
    form.removeAttribute("aria-busy");
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
  const form = event.target instanceof Element && event.target.closest("form[data-choose]");
  if (form) showChoice(form);
});
document.addEventListener("submit", (event) => {
  if (!(event.target instanceof Element) || !event.target.matches("form[data-choose]")) return;
  // On a page of its own the form leads to the checkout's page by itself.
  if (!sheet?.contains(event.target)) return;
  event.preventDefault();
  checkOut(event.target).catch(() => toast(document.body.dataset.offline));
});

/** The pieces left of one SKU, told by the room while the sheet is open. */
document.addEventListener("stock:told", (event) => {
  const form = sheet?.open && sheet.querySelector("form[data-choose]");
  if (!form || Number(form.dataset.choose) !== event.detail.listing_id) return;
  const sku = form.querySelector(`input[name="sku"][value="${event.detail.sku_id}"]`);
  if (!sku) return;
  sku.dataset.left = String(event.detail.available);
  sku.disabled = event.detail.available <= 0;
  showChoice(form);
});
for (const form of document.querySelectorAll("form[data-choose]")) showChoice(form);
