// The cashier while it is open in a browser: it tells the platform every few seconds that the buyer is still here, goes
// on when the payment has come, and says when the buyer leaves without going to a provider, so that the goods are not
// kept for nobody.

const place = document.querySelector("[data-cashier]");
const path = place?.dataset.cashier ?? "";
const token = document.querySelector('meta[name="csrf-token"]')?.content ?? "";
const EVERY_MS = 4000;
const HIDDEN_EVERY_MS = 20000;

let goingToPay = false;
let leftAt = 0;

async function stillHere() {
  try {
    const answer = await fetch(`${path}/here`, { method: "POST", headers: { "x-csrf-token": token, accept: "application/json" } });
    if (!answer.ok) return;
    const { standing } = await answer.json();
    if (standing !== "waiting") location.replace(path);
  } catch { /* no connection: the next time */ }
}

function leave() {
  if (goingToPay || Date.now() - leftAt < 1000) return;
  leftAt = Date.now();
  navigator.sendBeacon(`${path}/leave`, new URLSearchParams({ _csrf_token: token }));
}

// Inside WeChat: its own browser takes the payment over, and says how it went.
function payInWechat(handed) {
  const pay = () => window.WeixinJSBridge.invoke("getBrandWCPayRequest", handed, (answer) => {
    goingToPay = answer?.err_msg === "get_brand_wcpay_request:ok";
    if (goingToPay) location.replace(`${path}/return`);
  });
  if (window.WeixinJSBridge) pay();
  else document.addEventListener("WeixinJSBridgeReady", pay, { once: true });
}

if (place) {
  place.addEventListener("submit", () => { goingToPay = true; });
  document.querySelectorAll("form[data-pays]").forEach((form) => form.addEventListener("submit", () => { goingToPay = true; }));
  addEventListener("pagehide", leave);
  // Back from a page that the browser had kept: the truth may be another one by now.
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  // Back from WeChat with the word who pays: what opens the payment is a form, which nobody has to press.
  place.querySelector("form[data-goes-on]")?.requestSubmit();
  const button = place.querySelector("[data-jsapi]");
  if (button) {
    const handed = JSON.parse(button.dataset.jsapi);
    button.addEventListener("click", () => payInWechat(handed));
    payInWechat(handed);
  }
  const turn = () => stillHere().finally(() => setTimeout(turn, document.hidden ? HIDDEN_EVERY_MS : EVERY_MS));
  setTimeout(turn, EVERY_MS);
}
