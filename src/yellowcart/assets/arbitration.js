// The decision form of an operator: what an amount means for both sides while it is typed, and keys instead of the mouse.

const form = document.querySelector("[data-verdict]");

function fen(text) {
  const found = /^(\d{1,9})(?:\.(\d{1,2}))?$/.exec(text.trim());
  return found ? Number(found[1]) * 100 + Number((found[2] || "").padEnd(2, "0")) : null;
}

function yuan(amount) {
  const [whole, rest] = [Math.trunc(amount / 100), String(amount % 100).padStart(2, "0")];
  return `¥${whole.toLocaleString("en-US")}.${rest}`;
}

function show() {
  const verdict = form.elements.verdict.value;
  const place = form.querySelector("[data-for]");
  place.hidden = !place.dataset.for.split(" ").includes(verdict);
  const split = form.querySelector("[data-split]");
  const most = Number(form.dataset.most);
  const typed = form.elements.amount.value.trim();
  const amount = typed === "" && verdict === "for_buyer" ? Number(form.dataset.asked) : fen(typed);
  split.hidden = amount === null || amount > most;
  if (split.hidden) return;
  split.querySelector("[data-buyer]").textContent = yuan(amount);
  split.querySelector("[data-shop]").textContent = yuan(most - amount);
}

document.addEventListener("keydown", (event) => {
  const writing = event.target instanceof Element && event.target.closest("input:not([type=radio]), textarea, select");
  if (form && event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    form.requestSubmit();
  }
  if (writing || event.ctrlKey || event.metaKey || event.altKey) return;
  const actor = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (!actor) return;
  event.preventDefault();
  actor.click();
  actor.focus();
});

if (form) {
  form.addEventListener("input", show);
  form.addEventListener("change", show);
  show();
}
