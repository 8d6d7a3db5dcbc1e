// The checkout's form, on its page or in the sheet of a room. Every change is sent to the server and comes back
// priced; while that lasts nothing can be ordered. What is typed meanwhile is kept.

import { toast } from "./page.js";
import { placeOrder } from "./placing.js";
import "./districts.js";

const SETTLE_MS = 280;
let newest = 0;
let settling = null;
let asking = null;

const formOfPage = () => document.querySelector("main form[data-checkout]");

/** The address bar says what the form says: the page can be asked for again, and is after signing in. */
function keepAddress() {
  const form = formOfPage();
  if (form) history.replaceState(history.state, "", form.elements._page.value);
}
keepAddress();

const bodyOf = (form) => form.querySelector("[data-checkout-body]");

export function say(form, text, kind) {
  const line = document.createElement("div");
  line.className = `flash flash--${kind}`;
  line.setAttribute("role", kind === "error" ? "alert" : "status");
  line.textContent = text;
  form.querySelector("[data-said]").replaceChildren(line);
  line.scrollIntoView({ block: "nearest" });
}

/** While the form is being priced or its order placed, the button says so and does nothing. */
function showBusy(form) {
  const busy = form.hasAttribute("data-reckoning") || Boolean(form.dataset.busy);
  form.setAttribute("aria-busy", String(busy));
  const button = form.querySelector("[data-order-now]");
  if (busy) button?.setAttribute("aria-disabled", "true"); else button?.removeAttribute("aria-disabled");
}

function setReckoning(form, reckoning) {
  form.toggleAttribute("data-reckoning", reckoning);
  showBusy(form);
}

/** Where the keyboard stands, in words that hold for the form drawn anew. */
function focusOf(form) {
  const at = document.activeElement;
  if (!form.contains(at)) return null;
  const stepper = at.closest(".stepper");
  if (stepper && at.dataset.step) return { name: stepper.querySelector("input").name, step: at.dataset.step };
  if (at.matches("summary")) return { fold: at.parentElement.dataset.fold };
  return at.name ? { name: at.name, value: at.type === "radio" || at.type === "submit" ? at.value : null } : null;
}

function giveFocus(form, focus) {
  if (!focus) return;
  let target;
  if (focus.fold) target = form.querySelector(`[data-fold="${focus.fold}"] > summary`);
  else {
    const named = [...form.elements].filter((each) => each.name === focus.name && each.type !== "hidden");
    target = named.find((each) => focus.value === null || focus.value === undefined || each.value === focus.value);
    if (target && focus.step) {
      const button = target.closest(".stepper")?.querySelector(`[data-step="${focus.step}"]`);
      target = button && !button.disabled ? button : target;
    }
  }
  target?.focus({ preventScroll: true });
}

/** Puts the fresh form into the place of the old one; open folds, the place in the page and later typing stay. */
function replace(form, fresh, sent) {
  const focus = focusOf(form);
  const open = [...form.querySelectorAll("details[data-fold][open]")].map((fold) => fold.dataset.fold);
  const scroller = bodyOf(form);
  const scrolled = scroller.scrollTop;
  const typed = [...form.querySelectorAll("textarea, input[type=text], input[type=tel]")]
    .filter((field) => field.name && sent.get(field.name) !== null && sent.get(field.name) !== field.value)
    .map((field) => [field.name, field.value]);
  form.replaceChildren(...fresh.childNodes);
  keepAddress();
  for (const fold of open) {
    const again = form.querySelector(`details[data-fold="${fold}"]`);
    // The choice is made: the list of addresses closes by itself.
    if (again && !(fold === "address" && sent.get("changed") === "address")) again.open = true;
  }
  for (const [name, value] of typed) if (form.elements[name]) form.elements[name].value = value;
  bodyOf(form).scrollTop = scrolled;
  document.dispatchEvent(new CustomEvent("htmx:afterSettle"));
  giveFocus(form, focus);
}

/** Sends the form as it is, with what a button or the order lane adds, and draws the answer. */
export async function reckon(form, more = {}) {
  clearTimeout(settling);
  asking?.abort();
  asking = new AbortController();
  newest += 1;
  const mine = newest;
  const sent = new URLSearchParams(new FormData(form));
  for (const [name, value] of Object.entries(more)) sent.set(name, value);
  setReckoning(form, true);
  let answer;
  try {
    answer = await fetch("/checkout", {
      method: "POST", body: sent, signal: asking.signal, headers: { "Accept": "text/html", "X-Part": "checkout" },
    });
    const text = await answer.text();
    if (mine !== newest || !form.isConnected) return;
    if (answer.status === 401) { location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search)}`); return; }
    const fresh = new DOMParser().parseFromString(text, "text/html").querySelector("[data-checkout]");
    if (!fresh) throw new Error(`checkout: ${answer.status}`);
    replace(form, fresh, sent);
    setReckoning(form, false);
    const told = form.querySelector("[data-notice]");
    if (told && (more.refused || more.do)) { told.scrollIntoView({ block: "nearest" }); told.focus(); }
    const wrong = more.do === "save" && form.querySelector("[data-writing] [aria-invalid]");
    if (wrong) wrong.focus();
  } catch (error) {
    if (error.name === "AbortError" || mine !== newest) return;
    // What is shown is no longer what the form says: nothing is ordered before it was reckoned.
    const button = form.querySelector("[data-order-now]");
    setReckoning(form, false);
    if (button) button.disabled = true;
    toast(answer ? document.body.dataset.failed : document.body.dataset.offline);
  }
}

function reckonSoon(form, more) {
  setReckoning(form, true);
  clearTimeout(settling);
  settling = setTimeout(() => reckon(form, more), SETTLE_MS);
}

/** The order as it is shown, with the note and the ticks. */
function orderOf(form) {
  const order = JSON.parse(form.elements.seen.value);
  for (const line of order.lines) {
    line.return_rule_accepted = Boolean(form.elements[`accepts.${line.listing_id}.${line.sku_id}`]?.checked);
  }
  order.note = form.elements.note.value.trim();
  return JSON.stringify(order);
}

async function place(form) {
  if (form.dataset.busy || form.hasAttribute("data-reckoning") || !form.elements.seen.value) return;
  form.dataset.busy = "yes";
  showBusy(form);
  form.querySelector("[data-said]").replaceChildren();
  const words = { queue: form.dataset.wordsQueue, later: form.dataset.wordsLater };
  try {
    await placeOrder(orderOf(form), words, (text, kind) => say(form, text, kind), async (problem) => {
      await reckon(form, { refused: problem.code || "" });
      // A refusal that the page has no words for is said in its own.
      if (!form.querySelector("[data-notice]")) {
        const language = document.documentElement.lang === "en" ? "en" : "zh_CN";
        say(form, problem.messages?.[language] || problem.detail || document.body.dataset.failed, "error");
      }
    });
  } finally {
    delete form.dataset.busy;
    showBusy(form);
  }
}

const formOf = (event) => event.target instanceof Element && event.target.closest("form[data-checkout]");

document.addEventListener("change", (event) => {
  const form = formOf(event);
  const field = event.target;
  if (!form || field.closest("[data-writing]") || field.name === "note" || field.name?.startsWith("accepts.")) return;
  reckonSoon(form, { changed: field.name });
});

document.addEventListener("submit", (event) => {
  const form = formOf(event);
  if (!form) return;
  event.preventDefault();
  const button = event.submitter;
  if (button?.matches("[data-order-now]")) {
    place(form).catch(() => say(form, document.body.dataset.failed, "error"));
  } else reckon(form, button?.name ? { [button.name]: button.value } : {});
});

// The other language: the whole form goes along, so that nothing that was typed is lost.
document.addEventListener("click", async (event) => {
  const link = event.target instanceof Element && event.target.closest("a[data-language]");
  const form = formOfPage();
  if (!link || !form || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  try {
    await fetch(link.href, { redirect: "manual" });
    form.submit();
  } catch { location.assign(link.href); }
});

// A special price whose time is over: what holds now is asked for, not by everybody in the same instant.
document.addEventListener("countdown:over", (event) => {
  const form = formOf(event);
  if (form) setTimeout(() => { if (form.isConnected && !form.dataset.busy) reckon(form); }, Math.random() * 1500);
});

/** Pieces left, told by the room: a stepper goes no further than the shelf. The server is asked by the buyer's hand
    alone: a flash sale tells thousands of open pages at once. */
document.addEventListener("stock:told", (event) => {
  const { listing_id: listing, sku_id: sku, available } = event.detail;
  for (const form of document.querySelectorAll("form[data-checkout]")) {
    const field = form.elements[`pieces.${listing}.${sku}`];
    if (field) field.max = String(Math.max(Number(field.value), Math.min(Number(field.max), available)));
  }
});
