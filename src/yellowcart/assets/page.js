// What every page can do without a framework: theme, dialogs, flashes, countdowns, steppers, copying, htmx errors.
// All of it is switched on by data attributes (see docs/design-language.md), so swapped-in HTML works at once.

function switchTheme() {
  const theme = document.documentElement.dataset.bsTheme === "dark" ? "light" : "dark";
  try { localStorage.setItem("theme", theme); } catch { /* kept for this page only */ }
  dispatchEvent(new CustomEvent("theme:chosen", { detail: theme }));
}

function showDialog(dialog) {
  if (dialog instanceof HTMLDialogElement && !dialog.open) dialog.showModal();
}

/** Shows a short message at the lower edge. `kind` is success, info, warning or error. */
export function toast(text, kind = "error") {
  const line = document.createElement("div");
  line.className = `flash flash--${kind}`;
  line.setAttribute("role", kind === "error" ? "alert" : "status");
  const words = document.createElement("span");
  words.className = "flash__text";
  words.textContent = text;
  line.append(words);
  const place = document.getElementById("toasts");
  if (!place) return;
  place.append(line);
  // Shown anew, the popover stands above a dialog that was opened meanwhile.
  if (place.matches(":popover-open")) place.hidePopover();
  place.showPopover();
  setTimeout(() => {
    line.remove();
    if (!place.childElementCount && place.matches(":popover-open")) place.hidePopover();
  }, 6000);
}

/** Writes what is left of a stock into every element of the stock() macro within `root`. */
export function showStock(root, left) {
  for (const element of root.querySelectorAll("[data-stock]")) {
    const bar = element.querySelector("progress");
    bar.value = left;
    element.classList.toggle("stock--low", left * 10 < bar.max);
    element.classList.toggle("stock--out", left <= 0);
    element.querySelector("[data-words]").textContent = left > 0
      ? element.dataset.wordsLeft.replace("{number}", String(left)) : element.dataset.wordsOut;
  }
}

async function copy(button) {
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    toast(button.dataset.copied || button.dataset.copy, "success");
  } catch { toast(button.dataset.copy, "info"); }
}

function step(button) {
  const input = button.closest(".stepper")?.querySelector("input");
  if (!input) return;
  if (button.dataset.step === "up") input.stepUp(); else input.stepDown();
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

function boundStepper(input) {
  const stepper = input.closest(".stepper");
  if (!stepper) return;
  const value = Number(input.value);
  stepper.querySelector('[data-step="down"]').disabled = value <= Number(input.min || -Infinity);
  stepper.querySelector('[data-step="up"]').disabled = value >= Number(input.max || Infinity);
}

document.addEventListener("click", (event) => {
  const at = event.target instanceof Element ? event.target : null;
  if (!at) return;
  const actor = at.closest("[data-theme-switch],[data-opens],[data-closes],[data-dismisses],[data-step],[data-copy]");
  if (!actor) {
    // A click on the backdrop has the dialog itself as its target.
    if (at instanceof HTMLDialogElement && !("keepOpen" in at.dataset)) at.close();
    return;
  }
  const data = actor.dataset;
  if ("themeSwitch" in data) switchTheme();
  if ("closes" in data) actor.closest("dialog")?.close();
  if ("opens" in data) { event.preventDefault(); showDialog(document.getElementById(data.opens)); }
  if ("dismisses" in data) actor.closest(".flash")?.remove();
  if ("step" in data) step(actor);
  if ("copy" in data) copy(actor);
});

document.addEventListener("change", (event) => {
  const input = event.target;
  if (!(input instanceof HTMLElement)) return;
  if (input.matches(".stepper input")) boundStepper(input);
  if (input.matches("[data-submits]")) input.closest("form")?.requestSubmit();
});

// The platform's clock may stand elsewhere than this computer's, so a countdown is given seconds, not a moment.
const counting = new Map();

function showRemaining(element, end) {
  const left = Math.max(0, Math.ceil((end - performance.now()) / 1000));
  const pad = (number) => String(number).padStart(2, "0");
  const hours = Math.floor(left / 3600);
  const minutes = Math.floor((left % 3600) / 60);
  const face = element.querySelector("[data-face]") || element;
  face.textContent = (hours ? `${hours}:` : "") + `${pad(minutes)}:${pad(left % 60)}`;
  if (left > 0) return;
  counting.delete(element);
  element.classList.add("countdown--over");
  element.dispatchEvent(new CustomEvent("countdown:over", { bubbles: true }));
  if ("overReload" in element.dataset) location.reload();
}

setInterval(() => {
  for (const [element, end] of counting) {
    if (element.isConnected) showRemaining(element, end); else counting.delete(element);
  }
}, 1000);

/** An error in the summary above a form says whose it is: several fields may have the same one. */
function nameField(link) {
  delete link.dataset.namesField;
  const label = document.getElementById(link.hash.slice(1))?.labels?.[0]?.firstChild?.textContent.trim();
  if (!label) return;
  const name = document.createElement("strong");
  name.textContent = label;
  link.prepend(name, " · ");
}

/** Starts what stands in HTML that a script has put into the page: countdowns, steppers, dialogs. */
export function prepare(root) {
  for (const element of root.querySelectorAll("[data-countdown]")) {
    if (counting.has(element)) continue;
    const end = performance.now() + Number(element.dataset.countdown) * 1000;
    counting.set(element, end);
    showRemaining(element, end);
  }
  root.querySelectorAll(".stepper input").forEach(boundStepper);
  root.querySelectorAll("[data-names-field]").forEach(nameField);
  root.querySelectorAll("dialog[data-open-now]").forEach(showDialog);
}
prepare(document);

// On a phone the side bar is one strip: bring the present entry into view.
const strip = document.querySelector(".console__nav");
const here = strip?.querySelector("[aria-current]");
if (here) strip.scrollLeft = here.offsetLeft - (strip.clientWidth - here.offsetWidth) / 2;

// Tabs of a list that do not all fit: likewise.
for (const tabs of document.querySelectorAll("nav.filters, .tabs")) {
  const tab = tabs.querySelector("[aria-current]");
  if (tab) tabs.scrollLeft += tab.getBoundingClientRect().left - tabs.getBoundingClientRect().left - (tabs.clientWidth - tab.offsetWidth) / 2;
}

document.addEventListener("htmx:afterSettle", () => prepare(document));

// 422 brings the form back with its errors and is swapped in; a problem that is not HTML becomes a toast.
document.addEventListener("htmx:beforeSwap", (event) => {
  const kind = event.detail.xhr.getResponseHeader("Content-Type") || "";
  if (event.detail.xhr.status >= 400 && !kind.startsWith("text/html")) {
    event.detail.shouldSwap = false;
    event.detail.isError = true;
  }
});
document.addEventListener("htmx:responseError", (event) => {
  let words = document.body.dataset.failed;
  try {
    const problem = JSON.parse(event.detail.xhr.responseText);
    words = problem.detail || problem.title || words;
  } catch { /* an answer without a problem document: the general words stand */ }
  toast(words);
});
document.addEventListener("htmx:sendError", () => toast(document.body.dataset.offline));
