// The field of templates/parts/uploads.html: each chosen file is sent at once, with its progress, and the form then
// names what was kept. Without this script the files travel with the form itself.
import { toast } from "./page.js";

const PREVIEW_BYTES_MAX = 12 * 1024 * 1024;
const sending = new WeakMap();

function words(field, name) {
  return field.dataset[`words${name}`] || "";
}

function said(field, text) {
  const line = field.querySelector("[data-said]");
  if (line) line.textContent = text;
}

function count(field) {
  return field.querySelectorAll(".uploads__item:not(.is-wrong)").length;
}

function showRoom(field) {
  const add = field.querySelector(".uploads__add");
  if (add) add.hidden = count(field) >= Number(field.dataset.most);
}

function makeItem(file) {
  const item = document.createElement("li");
  item.className = "uploads__item is-sending";
  const face = document.createElement(file.type.startsWith("image/") ? "img" : "span");
  if (face instanceof HTMLImageElement) {
    face.alt = file.name;
    face.width = face.height = 88;
    // A picture of blob: is not allowed by the page's policy; one of data: is.
    if (file.size <= PREVIEW_BYTES_MAX) {
      const reader = new FileReader();
      reader.addEventListener("load", () => { if (!item.dataset.kept) face.src = String(reader.result); });
      reader.readAsDataURL(file);
    }
  } else {
    face.className = "uploads__file";
    const name = document.createElement("small");
    name.textContent = file.name;
    face.append(name);
  }
  const progress = document.createElement("progress");
  progress.max = 100;
  progress.value = 0;
  item.append(face, progress);
  return item;
}

function addRemove(field, item, act) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "uploads__remove";
  button.textContent = "×";
  button.setAttribute("aria-label", words(field, "Remove"));
  button.title = words(field, "Remove");
  button.addEventListener("click", () => {
    act();
    item.remove();
    showRoom(field);
    field.querySelector("input[type=file]")?.focus();
  });
  item.append(button);
}

function takeBack(field, uploadId) {
  // It may belong to something already (a review that is changed): then it stays there until the form says otherwise.
  fetch(`/uploads/${uploadId}/remove`, {
    method: "POST",
    headers: { "X-CSRF-Token": field.dataset.csrf, Accept: "application/json" },
  }).catch(() => { /* what nobody uses is removed after a day */ });
}

function kept(field, item, upload) {
  item.dataset.kept = "yes";
  item.classList.remove("is-sending");
  item.querySelector("progress")?.remove();
  const face = item.querySelector("img");
  if (face) face.src = `/uploads/${upload.upload_id}?size=small`;
  const input = document.createElement("input");
  input.type = "hidden";
  input.name = "upload_ids";
  input.value = String(upload.upload_id);
  item.append(input);
  said(field, upload.declared_name);
}

function refused(field, item, text) {
  item.classList.remove("is-sending");
  item.classList.add("is-wrong");
  item.querySelector("progress")?.remove();
  const line = document.createElement("small");
  line.className = "uploads__wrong";
  line.textContent = text;
  item.append(line);
  said(field, text);
  showRoom(field);
}

function problemText(request, otherwise) {
  try { return JSON.parse(request.responseText).detail || otherwise; } catch { return otherwise; }
}

function send(field, file) {
  const item = makeItem(file);
  field.querySelector(".uploads__add").before(item);
  const request = new XMLHttpRequest();
  let uploadId = null;
  addRemove(field, item, () => { if (uploadId) takeBack(field, uploadId); else request.abort(); });
  return new Promise((done) => {
    request.upload.addEventListener("progress", (event) => {
      const bar = item.querySelector("progress");
      if (bar && event.lengthComputable) bar.value = (event.loaded / event.total) * 100;
    });
    request.addEventListener("load", () => {
      if (request.status === 201) {
        const upload = JSON.parse(request.responseText);
        uploadId = upload.upload_id;
        kept(field, item, upload);
      } else refused(field, item, problemText(request, words(field, "Failed")));
    });
    request.addEventListener("error", () => refused(field, item, words(field, "Failed")));
    request.addEventListener("loadend", done);
    const form = new FormData();
    form.append("purpose", field.dataset.purpose);
    form.append("file", file);
    request.open("POST", "/uploads");
    request.setRequestHeader("X-CSRF-Token", field.dataset.csrf);
    request.setRequestHeader("Accept", "application/json");
    request.send(form);
  });
}

async function take(field, files) {
  const room = Number(field.dataset.most) - count(field);
  if (files.length > room) toast(words(field, "Many").replace("{most}", field.dataset.most), "warning");
  const taken = [...files].slice(0, Math.max(0, room));
  if (!taken.length) return;
  said(field, words(field, "Sending"));
  sending.set(field, (sending.get(field) || 0) + taken.length);
  // One after another: a phone's line is narrow, and the order of the pictures is the order of choosing.
  for (const file of taken) {
    await send(field, file);
    sending.set(field, sending.get(field) - 1);
    showRoom(field);
  }
}

for (const field of document.querySelectorAll("[data-uploads]")) {
  for (const item of field.querySelectorAll(".uploads__item")) {
    const tick = item.querySelector("input[name=upload_ids]");
    item.querySelector(".uploads__keep").classList.add("visually-hidden");
    addRemove(field, item, () => takeBack(field, tick.value));
  }
  const input = field.querySelector("input[type=file]");
  input.addEventListener("change", () => {
    const files = [...input.files];
    input.value = "";
    take(field, files);
  });
  field.addEventListener("dragover", (event) => { event.preventDefault(); field.classList.add("is-over"); });
  field.addEventListener("dragleave", () => field.classList.remove("is-over"));
  field.addEventListener("drop", (event) => {
    event.preventDefault();
    field.classList.remove("is-over");
    take(field, event.dataTransfer.files);
  });
  field.closest("form").addEventListener("submit", (event) => {
    if (sending.get(field)) { event.preventDefault(); toast(words(field, "Wait"), "warning"); }
  });
  showRoom(field);
}
