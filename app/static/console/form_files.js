// Files of a row: chosen or dropped, several at once, sent one by one with progress, kept with the draft until saved.
import { $, $$ } from "jg/dom";

const card = $("[data-files]");
const form = card?.closest("form");
let busy = 0;

function complain(text, name = "") {
  const place = $("[data-error]", card);
  place.append(Object.assign(document.createElement("div"), { textContent: text.replace("{name}", name) }));
  place.hidden = false;
}
const size = (bytes) => (bytes < 1024 ? `${bytes} B` : bytes < 1048576 ? `${Math.round(bytes / 1024)} KB` : `${(bytes / 1048576).toFixed(1)} MB`);
const count = () => $$("[data-list] li", card).filter((line) => !$("input[name=_remove]:checked", line)).length;

function line(name, told) {
  const item = document.createElement("li");
  item.dataset.staged = "";
  item.innerHTML = '<i class="ti ti-file" aria-hidden="true"></i><span></span> <small></small><progress max="100"></progress><button type="button" class="jg-link" data-drop-line><i class="ti ti-x" aria-hidden="true"></i></button>';
  $("span", item).textContent = name;
  $("small", item).textContent = told;
  $("button", item).setAttribute("aria-label", `${card.dataset.tRemove} ${name}`);
  $("[data-list]", card).append(item);
  return item;
}
function send(file) {
  const item = line(file.name, `${size(file.size)} · ${card.dataset.tSending}`);
  const request = new XMLHttpRequest(), data = new FormData();
  data.set("csrf_token", form.elements.csrf_token.value);
  data.set("version", form.elements.version?.value ?? "");
  data.set("file", file);
  busy += 1;
  const end = (problem) => {
    busy -= 1;
    if (problem) { item.remove(); complain(problem, file.name); return; }
    const told = JSON.parse(request.responseText);
    $("progress", item).remove();
    $("span", item).textContent = told.name;
    $("small", item).textContent = `${told.size} · ${card.dataset.tDone}`;
    item.append(Object.assign(document.createElement("input"), { type: "hidden", name: "_file", value: told.id }));
    form.dispatchEvent(new Event("change", { bubbles: true }));
  };
  request.upload.onprogress = (event) => { $("progress", item).value = (100 * event.loaded) / event.total; };
  request.onload = () => {
    if (request.status === 200 && request.getResponseHeader("Content-Type")?.includes("json")) { end(""); return; }
    let message = card.dataset.tFailed;
    try { message = JSON.parse(request.responseText).message ?? message; } catch { /* a page, not an answer */ }
    end(message);
  };
  request.onerror = () => end(card.dataset.tFailed);
  request.onabort = () => { busy -= 1; item.remove(); };
  item.request = request;
  request.open("POST", card.dataset.stage);
  request.setRequestHeader("Accept", "application/json");
  request.send(data);
}
function take(files) {
  const types = card.dataset.types.split(",");
  $("[data-error]", card).replaceChildren();
  $("[data-error]", card).hidden = true;
  for (const file of files) {
    const ending = file.name.split(".").pop().toLowerCase();
    if (count() >= Number(card.dataset.most)) { complain(card.dataset.tMany); break; }
    if (!types.includes(ending)) complain(card.dataset.tType, file.name);
    else if (file.size > Number(card.dataset.size)) complain(card.dataset.tBig, file.name);
    else send(file);
  }
}
if (card) {
  const zone = $("[data-dropzone]", card), input = $("input[type=file]", card);
  input.addEventListener("change", () => { const files = [...input.files]; input.value = ""; take(files); });
  for (const type of ["dragenter", "dragover"]) zone.addEventListener(type, (event) => { event.preventDefault(); zone.classList.add("is-over"); });
  for (const type of ["dragleave", "drop"]) zone.addEventListener(type, (event) => { event.preventDefault(); zone.classList.remove("is-over"); });
  zone.addEventListener("drop", (event) => take(event.dataTransfer.files));
  card.addEventListener("click", (event) => {
    const button = event.target.closest("[data-drop-line]");
    if (!button) return;
    const item = button.closest("li");
    if (item.request && item.request.readyState < 4) item.request.abort(); else item.remove();
    input.focus();
    form.dispatchEvent(new Event("change", { bubbles: true }));
  });
  form.addEventListener("submit", (event) => {
    if (!busy) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    $("[data-draft-state]", form).textContent = $("[data-draft-state]", form).dataset.tWait;
  }, { capture: true });
}
