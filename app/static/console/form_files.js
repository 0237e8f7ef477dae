// Files of a row: chosen, dropped or taken with the camera; sent one by one, kept with the draft until saved.
// Those that cannot be sent wait on this device, sealed like what is typed, and go by themselves when the line is back.
import { $, $$ } from "jg/dom";
import { canSeal, shelfOf } from "jg/device";

const card = $("[data-files]");
const form = card?.closest("form");
const AGAIN = 10000, THUMB = 112;
const waiting = [];                                           // {file, item, part}, in the order they were chosen
let running = null, timer = 0, taken = 0;
const tally = () => { form.dataset.waiting = waiting.length; form.toggleAttribute("data-unkept", waiting.some((each) => each.isKept === false)); };

function complain(text, name = "") {
  const place = $("[data-error]", card);
  place.append(Object.assign(document.createElement("div"), { textContent: text.replace("{name}", name) }));
  place.hidden = false;
}
const size = (bytes) => (bytes < 1024 ? `${bytes} B` : bytes < 1048576 ? `${Math.round(bytes / 1024)} KB` : `${(bytes / 1048576).toFixed(1)} MB`);
const count = () => $$("[data-list] li", card).filter((line) => !$("input[name=_remove]:checked", line)).length;
const tell = (item, file, text) => { $("small", item).textContent = `${size(file.size)} · ${text}`; };

async function picture(item, file) {                          // a small one, so that one sees what was taken
  if (!file.type.startsWith("image/")) return;
  try {
    const whole = await createImageBitmap(file, { resizeWidth: THUMB });
    const canvas = Object.assign(document.createElement("canvas"), { width: THUMB, height: Math.min(THUMB * 2, whole.height) });
    canvas.getContext("2d").drawImage(whole, 0, 0);
    $(".ti-file", item)?.replaceWith(Object.assign(document.createElement("img"), { src: canvas.toDataURL("image/jpeg", 0.7), alt: "", className: "jg-thumb" }));
  } catch { /* not a picture after all: the server will say so */ }
}
function line(file) {
  const item = document.createElement("li");
  item.dataset.staged = "";
  item.innerHTML = '<i class="ti ti-file" aria-hidden="true"></i><span></span> <small></small><progress max="100"></progress><button type="button" class="jg-link" data-drop-line><i class="ti ti-x" aria-hidden="true"></i></button>';
  $("span", item).textContent = file.name;
  $("button", item).setAttribute("aria-label", `${card.dataset.tRemove} ${file.name}`);
  $("[data-list]", card).append(item);
  picture(item, file);
  return item;
}
async function add(file, part = "") {
  const entry = { file, item: line(file), part: part || `file/${Date.now()}-${(taken += 1)}` };
  entry.item.entry = entry;
  tell(entry.item, file, card.dataset.tSending);
  waiting.push(entry);
  tally();
  if (!part && canSeal) entry.isKept = await shelfOf(form).put(entry.part, { name: file.name, type: file.type }, await file.arrayBuffer());
  else entry.isKept = Boolean(part);
  tally();
  if (entry.item.isConnected) next(); else shelfOf(form).drop(entry.part);
}
function end(entry) {                                         // it needs no more sending
  waiting.splice(waiting.indexOf(entry), 1);
  shelfOf(form).drop(entry.part);
  tally();
}
function pause() {                                       // the server could not be reached
  for (const each of waiting) {
    tell(each.item, each.file, each.isKept ? card.dataset.tLocal : card.dataset.tNowhere);
    $("progress", each.item)?.removeAttribute("value");
    each.item.classList.add("is-waiting");
  }
  form.dispatchEvent(new Event("jg:unreached"));
  clearTimeout(timer);
  timer = setTimeout(next, AGAIN);
}
function next() {
  const entry = waiting[0];
  if (running) return;
  if (!entry) { form.dispatchEvent(new Event("jg:carried")); return; }
  clearTimeout(timer);
  if (!navigator.onLine) { pause(); return; }
  const request = new XMLHttpRequest(), data = new FormData(), { item, file } = entry;
  data.set("csrf_token", form.elements.csrf_token.value);
  data.set("version", form.elements.version?.value ?? "");
  data.set("file", file);
  running = request;
  item.classList.remove("is-waiting");
  tell(item, file, card.dataset.tSending);
  request.upload.onprogress = (event) => { $("progress", item).value = (100 * event.loaded) / event.total; };
  request.onload = () => {
    running = null;
    const isTold = request.getResponseHeader("Content-Type")?.includes("json");
    if (request.status === 200 && isTold) {
      const told = JSON.parse(request.responseText);
      end(entry);
      $("progress", item).remove();
      $("span", item).textContent = told.name;
      $("small", item).textContent = `${told.size} · ${card.dataset.tDone}`;
      item.append(Object.assign(document.createElement("input"), { type: "hidden", name: "_file", value: told.id }));
      form.dispatchEvent(new Event("change", { bubbles: true }));
    } else if (!isTold && request.status !== 413 && request.status !== 404) { pause(); return; }   // signed out, or a broken line
    else {
      let message = card.dataset.tFailed;
      try { message = JSON.parse(request.responseText).message ?? message; } catch { /* a page, not an answer */ }
      end(entry);
      item.remove();
      complain(message, file.name);
    }
    next();
  };
  request.onerror = () => { running = null; pause(); };
  request.onabort = () => { running = null; end(entry); item.remove(); next(); };
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
    else add(file);
  }
}
const two = (number) => String(number).padStart(2, "0");
function photo(file, number) {                                // cameras call every photo image.jpg
  const at = new Date(file.lastModified || Date.now()), ending = file.type.split("/")[1]?.replace("jpeg", "jpg") || "jpg";
  const stamp = `${at.getFullYear()}${two(at.getMonth() + 1)}${two(at.getDate())}-${two(at.getHours())}${two(at.getMinutes())}${two(at.getSeconds())}`;
  return new File([file], `${card.dataset.tPhoto}${stamp}${number ? `-${number + 1}` : ""}.${ending}`, { type: file.type, lastModified: file.lastModified });
}
if (card) {
  const zone = $("[data-dropzone]", card), input = $("#f-_files", card), camera = $("[data-camera]", card);
  input.addEventListener("change", () => { const files = [...input.files]; input.value = ""; take(files); });
  camera.addEventListener("change", () => { const files = [...camera.files].map(photo); camera.value = ""; take(files); });
  for (const type of ["dragenter", "dragover"]) zone.addEventListener(type, (event) => { event.preventDefault(); zone.classList.add("is-over"); });
  for (const type of ["dragleave", "drop"]) zone.addEventListener(type, (event) => { event.preventDefault(); zone.classList.remove("is-over"); });
  zone.addEventListener("drop", (event) => take(event.dataTransfer.files));
  card.addEventListener("click", (event) => {
    const button = event.target.closest("[data-drop-line]");
    if (!button) return;
    const item = button.closest("li"), { entry } = item;
    if (running && item.request === running) running.abort();
    else { if (entry && waiting.includes(entry)) end(entry); item.remove(); }
    input.focus();
    form.dispatchEvent(new Event("change", { bubbles: true }));
  });
  form.addEventListener("jg:ready", (event) => { for (const { part, head, body } of event.detail.files) add(new File([body], head.name, { type: head.type }), part); });
  form.addEventListener("jg:reached", next);
  addEventListener("online", next);
}
