// The creator's control desk: the cart reordered by dragging, and what the room is told, drawn as it arrives.

import { showStock, toast } from "./page.js";

const CHAT_LINES_MAX = 200;
const SETTLE_MS = 200;
const desk = document.querySelector("[data-desk]");
const cart = () => document.getElementById("cart");

function ask(method, path, values) {
  return globalThis.htmx.ajax(method, path, { source: cart(), target: "#cart", swap: "outerHTML", values });
}

function move(row, position) {
  ask("POST", `/creator/listings/${row.dataset.listing}/move`, { position });
}

// Dragging. The line shows where the row will stand; what counts in the end is the server's order.
let dragged = null;

function clearMarks() {
  for (const row of document.querySelectorAll(".desk-row.is-before, .desk-row.is-after")) {
    row.classList.remove("is-before", "is-after");
  }
}

function rowAt(event) {
  const row = event.target instanceof Element ? event.target.closest(".desk-row[draggable]") : null;
  return row && row !== dragged ? row : null;
}

function isLowerHalf(event, row) {
  const box = row.getBoundingClientRect();
  return event.clientY > box.top + box.height / 2;
}

document.addEventListener("dragstart", (event) => {
  dragged = event.target instanceof Element ? event.target.closest(".desk-row[draggable]") : null;
  if (!dragged) return;
  dragged.classList.add("is-dragged");
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", dragged.dataset.listing);
});
document.addEventListener("dragover", (event) => {
  const row = dragged && rowAt(event);
  if (!row) return;
  event.preventDefault();
  clearMarks();
  row.classList.add(isLowerHalf(event, row) ? "is-after" : "is-before");
});
document.addEventListener("drop", (event) => {
  const row = dragged && rowAt(event);
  if (!row) return;
  event.preventDefault();
  const from = Number(dragged.dataset.position);
  let to = Number(row.dataset.position) + (isLowerHalf(event, row) ? 1 : 0);
  if (to > from) to -= 1;
  if (to !== from) move(dragged, to);
});
document.addEventListener("dragend", () => {
  dragged?.classList.remove("is-dragged");
  dragged = null;
  clearMarks();
});

// The cart is swapped whole: the focus stays on the same button of the same product, opened verdicts stay open.
let focusAfter = null;
let openAfter = [];
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target?.id !== "cart") return;
  const at = document.activeElement;
  const row = at?.closest(".desk-row");
  if (row) focusAfter = { id: row.id, arrow: at.dataset.shift, action: at.form?.getAttribute("action") };
  openAfter = Array.from(document.querySelectorAll(".desk-row details[open]"), (each) => each.closest(".desk-row").id);
});
document.addEventListener("htmx:afterSettle", () => {
  for (const id of openAfter) document.getElementById(id)?.querySelector("details")?.setAttribute("open", "");
  openAfter = [];
  if (!focusAfter) return;
  const row = document.getElementById(focusAfter.id);
  const buttons = Array.from(row?.querySelectorAll(".desk-row__acts button:not([disabled])") || []);
  const same = buttons.find((each) => (focusAfter.arrow ? each.dataset.shift === focusAfter.arrow
    : each.form.getAttribute("action") === focusAfter.action));
  (same || buttons.find((each) => each.dataset.shift) || buttons[0])?.focus();
  focusAfter = null;
});
// What was pasted is done with once its product stands in the cart.
document.addEventListener("htmx:afterRequest", (event) => {
  // The answer took the form away: the event speaks of what stands there now, its request of the form.
  const form = event.detail.requestConfig.elt;
  if (event.detail.successful && form instanceof Element && form.closest(".desk-link")) {
    document.getElementById("pasted").value = "";
  }
});

// Several changes within a moment ask for the cart once; a row being dragged is not pulled away.
let waiting = null;
function refreshCart() {
  clearTimeout(waiting);
  waiting = setTimeout(() => (dragged ? refreshCart() : ask("GET", cart().dataset.cart)), SETTLE_MS);
}

function refreshNumbers() {
  const numbers = document.getElementById("numbers");
  if (numbers) globalThis.htmx.trigger(numbers, "refresh");
}

function setText(selector, text) {
  for (const element of document.querySelectorAll(selector)) element.textContent = text;
}

function addLine({ message_id: id, name, body }) {
  const chat = document.querySelector('[data-part="chat"]');
  if (!chat || chat.querySelector(`[data-message="${id}"]`)) return;
  const follow = chat.scrollHeight - chat.scrollTop - chat.clientHeight < 48;
  const line = document.createElement("p");
  line.className = "chat__line";
  line.dataset.message = String(id);
  const who = document.createElement("b");
  who.textContent = name;
  line.append(who, body);
  chat.append(line);
  while (chat.childElementCount > CHAT_LINES_MAX) chat.firstElementChild.remove();
  if (follow) chat.scrollTop = chat.scrollHeight;
}

function fallen({ listing_id: listing, available }) {
  const place = document.querySelector(`[data-listing-stock="${listing}"]`);
  if (!place) return;
  // The cart shows the sum over all SKUs: with more than one, the server adds it up.
  if (place.dataset.skus === "1") showStock(place, available); else refreshCart();
}

// A button of this page has sent the room on: its answer is on the way and says so, a reload would come before it.
let leaving = false;
addEventListener("beforeunload", () => { leaving = true; });

function listen() {
  const stream = new EventSource(desk.dataset.stream);
  const on = (kind, act) => stream.addEventListener(kind, (event) => act(JSON.parse(event.data)));
  let lost = false;
  stream.addEventListener("open", () => { if (lost) { refreshCart(); refreshNumbers(); } lost = false; });
  stream.addEventListener("error", () => { lost = true; });
  on("cart", refreshCart);
  on("stock", fallen);
  on("chat", addLine);
  on("audience", ({ viewers, likes }) => {
    setText('[data-shown="viewers"]', viewers.toLocaleString("en-US"));
    setText('[data-shown="likes"]', likes.toLocaleString("en-US"));
  });
  on("room", ({ state }) => { if (state !== desk.dataset.state && !leaving) location.reload(); });
}

for (const form of document.querySelectorAll("[data-say]")) {
  form.addEventListener("htmx:afterRequest", (event) => { if (event.detail.successful) form.reset(); });
}
const chat = document.querySelector('[data-part="chat"]');
if (chat) chat.scrollTop = chat.scrollHeight;
if (desk && desk.dataset.state !== "ended" && globalThis.EventSource) listen();
else if (desk && !globalThis.EventSource) toast(document.body.dataset.offline);

// What was pasted before the page was ready, or kept by the browser over a reload, is asked for now.
addEventListener("load", () => {
  const pasted = document.getElementById("pasted");
  if (pasted?.value.trim()) pasted.form.requestSubmit();
});
