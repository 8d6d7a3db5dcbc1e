// Placing an order: the one request that does it.
// A request that may have arrived is repeated with its own Idempotency-Key, also when the buyer presses again later;
// after an answer the next try is a new one.

import { randomId } from "./audience.js";

const ROUNDS_MAX = 5;
const wait = (milliseconds) => new Promise((done) => { setTimeout(done, milliseconds); });
let token = null;
let attempt = null;

async function buyerToken() {
  if (token) return token;
  const answer = await fetch("/buyer-token", { headers: { Accept: "application/json" } });
  if (answer.status === 401) return null;
  if (!answer.ok) throw new Error(`buyer token: ${answer.status}`);
  token = (await answer.json()).token;
  return token;
}

/** The address was used: it comes first next time. Nothing hangs on it. */
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
async function tryOnce(round, words, say, refused) {
  let answer;
  try {
    const bearer = await buyerToken();
    if (!bearer) { location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search)}`); return true; }
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
    say(document.body.dataset.offline, "warning");
    await wait(1000 * (round + 1));
    return false;
  }
  if (answer.status === 201) {
    const order = await answer.json();
    keepAddress(JSON.parse(attempt.body).address);
    // Whoever comes back to this page and orders the same wants it once more.
    attempt = null;
    location.assign(`/cashier/${order.shop_id}/${order.order_id}`);
    return true;
  }
  const problem = await answer.json().catch(() => ({}));
  if (answer.status === 401) { token = null; return false; }
  const passes = answer.status === 429 || (answer.status === 503 && problem.code !== "switched_off");
  if (passes) {
    const seconds = Number(answer.headers.get("Retry-After")) || 1;
    say(words.queue.replace("{seconds}", String(seconds)), "info");
    await wait(seconds * 1000 + Math.random() * 400);
    return false;
  }
  attempt = null;
  await refused(problem);
  return true;
}

/**
 * Places an order (the body of POST /api/v1/orders as text) and leaves for the cashier. `say(text, kind)` tells what
 * goes on, `refused(problem)` is called when the answer was no.
 */
export async function placeOrder(body, words, say, refused) {
  if (attempt?.body !== body) attempt = { key: randomId(), body };
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    if (await tryOnce(round, words, say, refused)) return;
  }
  say(words.later, "warning");
}
