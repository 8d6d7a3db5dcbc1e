// A live room: what the platform tells its viewers, drawn as it arrives. Where the stream does not come through,
// the page asks every five seconds instead.

import { prepare, showStock, toast } from "./page.js";
import { report } from "./audience.js";

const POLL_EVERY_MS = 5000;
const REOPEN_AFTER_MS = 8000;
const CHAT_LINES_MAX = 80;
const place = document.querySelector("[data-place]");
const chat = document.querySelector('[data-part="chat"]');
const english = document.documentElement.lang === "en";
let stream = null;
let polling = null;
let asking = null;
let ended = place.dataset.state === "ended";
let likes = Number(place.dataset.likes);

/** 12,345 as 1.2 万 or 12.3K, like the filter `count` on the server. */
function short(number) {
  const sizes = english ? [[1e9, "B"], [1e6, "M"], [1e4, "K"]] : [[1e8, " 亿"], [1e4, " 万"]];
  for (const [size, word] of sizes) {
    if (number >= size) return `${Math.floor(number * 10 / (word === "K" ? 1000 : size)) / 10}${word}`;
  }
  return number.toLocaleString("en-US");
}

function setText(selector, text) {
  for (const element of document.querySelectorAll(selector)) {
    if (element.textContent !== text) element.textContent = text;
  }
}

function showCrowd(viewers, told) {
  setText('[data-shown="viewers"]', short(viewers));
  // A like of one's own is counted before the room knows it; the number does not step back.
  likes = Math.max(likes, told);
  setText('[data-shown="likes"]', short(likes));
}

function atEnd() { return chat.scrollHeight - chat.scrollTop - chat.clientHeight < 48; }

function addLine(line) {
  const follow = atEnd();
  chat.append(line);
  while (chat.childElementCount > CHAT_LINES_MAX) chat.firstElementChild.remove();
  if (follow) chat.scrollTop = chat.scrollHeight;
}

function say(name, body, kind = "", id = null) {
  if (id && chat.querySelector(`[data-message="${id}"]`)) return;
  const line = document.createElement("p");
  line.className = `chat__line${kind && ` chat__line--${kind}`}`;
  if (id) line.dataset.message = String(id);
  if (name) {
    const who = document.createElement("b");
    who.textContent = name;
    line.append(who);
  }
  line.append(body);
  addLine(line);
}

function replacePart(old, fresh) {
  if (old.dataset.key === fresh.dataset.key) {
    // The same goods: only the numbers move, so that a card does not rise anew and a reader keeps the place.
    for (const element of fresh.querySelectorAll("[data-listing-stock]")) {
      showListingStock(element.dataset.listingStock, JSON.parse(element.dataset.skus));
    }
    return;
  }
  const focused = old.contains(document.activeElement) ? document.activeElement.id : "";
  old.dataset.key = fresh.dataset.key;
  old.replaceChildren(...fresh.childNodes);
  prepare(old);
  if (focused) document.getElementById(focused)?.focus();
}

function apply(html) {
  const answer = new DOMParser().parseFromString(html, "text/html");
  for (const fresh of answer.querySelectorAll("[data-part]")) {
    const old = document.querySelector(`[data-part="${fresh.dataset.part}"]`);
    if (!old) continue;
    if (fresh.dataset.part === "chat") {
      for (const line of [...fresh.children]) {
        if (!chat.querySelector(`[data-message="${line.dataset.message}"]`)) addLine(line);
      }
    } else replacePart(old, fresh);
  }
  const facts = answer.querySelector("[data-facts]");
  if (!facts) return;
  setText("[data-cart-count]", facts.dataset.listings);
  if (facts.dataset.viewers) showCrowd(Number(facts.dataset.viewers), Number(facts.dataset.likes));
  showState(facts.dataset.state);
}

/** Asks for the room as it is now. Several wishes at once become one question. */
function ask(within = 250) {
  if (asking) return;
  // Not everybody at the same instant: a pin reaches thousands of pages together.
  asking = setTimeout(async () => {
    asking = null;
    try {
      const answer = await fetch(place.dataset.now, { headers: { Accept: "text/html" } });
      if (answer.ok) apply(await answer.text());
    } catch { /* the next event or the next round asks again */ }
  }, Math.random() * within);
}

function showState(state) {
  ended = state === "ended";
  place.dataset.state = state;
  document.querySelector(".room").dataset.state = state;
  const closed = state === "ended" || state === "scheduled";
  for (const element of document.querySelectorAll("[data-on-air]")) element.hidden = closed;
  if (ended) {
    stream?.close();
    stopPolling();
    document.querySelector(".room__video")?.pause();
  }
}

function showListingStock(listing, skus) {
  let left = 0;
  for (const pieces of Object.values(skus)) left += pieces;
  for (const element of document.querySelectorAll(`[data-listing-stock="${listing}"]`)) {
    element.dataset.skus = JSON.stringify(skus);
    showStock(element, left);
    if (element.matches(".listing")) element.classList.toggle("listing--gone", left <= 0);
    for (const button of element.querySelectorAll("button[data-buy]")) button.disabled = left <= 0;
  }
}

const told = {
  room: () => ask(),
  cart: () => ask(),
  stock(news) {
    const element = document.querySelector(`[data-listing-stock="${news.listing_id}"]`);
    if (element) {
      const skus = JSON.parse(element.dataset.skus);
      if (news.sku_id in skus) {
        skus[news.sku_id] = news.available;
        showListingStock(news.listing_id, skus);
      }
    }
    document.dispatchEvent(new CustomEvent("stock:told", { detail: news }));
  },
  chat: (news) => say(news.name, news.body, "", news.message_id),
  audience: (news) => showCrowd(news.viewers, news.likes),
  order: (news) => countOrders(news.count),
  coupon: (news) => document.dispatchEvent(new CustomEvent("coupon:dropped", { detail: news })),
};

// A flash sale is hundreds of orders a second: one quiet line says how many.
let ordered = 0;
let speaking = null;
function countOrders(count) {
  ordered += count;
  if (speaking) return;
  const speak = () => {
    speaking = null;
    if (!ordered) return;
    const words = ordered === 1 ? place.dataset.wordsOrder : place.dataset.wordsOrders;
    say("", words.replace("{number}", String(ordered)), "quiet");
    ordered = 0;
    speaking = setTimeout(speak, 2500);
  };
  speak();
}

function startPolling() {
  if (polling || ended) return;
  ask();
  polling = setInterval(() => ask(1000), POLL_EVERY_MS);
}

function stopPolling() {
  clearInterval(polling);
  polling = null;
}

function listen() {
  if (ended) return;
  if (!globalThis.EventSource) { startPolling(); return; }
  stream = new EventSource(place.dataset.stream);
  let opened = false;
  stream.addEventListener("open", () => {
    stopPolling();
    if (opened) ask();
    opened = true;
  });
  stream.addEventListener("error", () => {
    startPolling();
    if (stream.readyState === EventSource.CLOSED) setTimeout(listen, REOPEN_AFTER_MS);
  });
  for (const [name, draw] of Object.entries(told)) {
    stream.addEventListener(name, (event) => draw(JSON.parse(event.data)));
  }
}

document.querySelector("form[data-say]")?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.currentTarget;
  const input = form.elements.body;
  const body = input.value.trim();
  if (!body || form.dataset.busy) return;
  form.dataset.busy = "yes";
  try {
    const answer = await fetch(form.action, {
      method: "POST", body: new URLSearchParams(new FormData(form)), headers: { Accept: "application/json" },
    });
    if (answer.ok) {
      input.value = "";
      if (polling) ask(0);
    } else toast((await answer.json()).detail || document.body.dataset.failed);
  } catch { toast(document.body.dataset.offline); }
  delete form.dataset.busy;
});

document.querySelector("[data-like]")?.addEventListener("click", (event) => {
  const button = event.currentTarget;
  report("like");
  likes += 1;
  setText('[data-shown="likes"]', short(likes));
  const heart = button.querySelector(".icon").cloneNode(true);
  heart.classList.add("heart");
  heart.style.left = `${Math.round(Math.random() * 90 - 10)}%`;
  heart.addEventListener("animationend", () => heart.remove());
  button.append(heart);
});

// A flash price begins or ends: its countdown stands in a part of the room.
document.addEventListener("countdown:over", (event) => { if (event.target.closest("[data-part]")) ask(1500); });

showState(place.dataset.state);
chat.scrollTop = chat.scrollHeight;
listen();
