// Nothing typed is lost: kept on the server while somebody types, in the browser while the server cannot be reached.
import { $, $$, keep } from "jg/dom";

const form = $("form[data-draft]");
const PAUSE = 1500, AGAIN = 15000, OLD = 7 * 86400000;
const state = $("[data-draft-state]"), offer = $("[data-draft-offer]");
const key = form ? `jg.draft.${form.dataset.person}.${form.dataset.entry}` : "";
const read = () => { try { return JSON.parse(localStorage.getItem(key)); } catch { return null; } };
const forget = () => { try { localStorage.removeItem(key); } catch { /* private window */ } };
const two = (number) => String(number).padStart(2, "0");
const clock = (at) => { const date = new Date(at), day = date.toDateString() === new Date().toDateString() ? "" : `${date.getMonth() + 1}-${date.getDate()} `; return `${day}${two(date.getHours())}:${two(date.getMinutes())}`; };
const secret = (name) => Boolean($(`[data-field="${CSS.escape(name)}"][data-sensitive]`, form));
const owns = () => form.elements._draft.value === "1";
let timer = 0, sending = false, waits = false, changes = 0;

function say(kind, when = "") {
  state.className = `jg-kept is-${kind}`;
  state.textContent = (state.dataset[`t${kind}`] ?? "").replace("{when}", when);
  if (kind === "SignedOut") state.append(" ", Object.assign(document.createElement("a"), { href: form.dataset.login, target: "_blank", rel: "noopener", textContent: state.dataset.tSignIn }));
}
function typed() {
  const data = new FormData(form);
  for (const name of ["_files", "_once"]) data.delete(name);
  return data;
}
function copy(sent) {                                         // into the browser, without what is sensitive
  const names = [...new Set($$("[name]", form).map((each) => each.name))].filter((name) => !name.startsWith("_files") && name !== "csrf_token" && name !== "_once" && !secret(name));
  const data = typed();
  keep(key, { at: Date.now(), sent, values: names.flatMap((name) => { const all = data.getAll(name).map(String); return (all.length ? all : [""]).map((value) => [name, value]); }) });
}
async function fresh() {                                      // a new token, if it is still the same person
  const answer = await fetch(location.pathname, { redirect: "manual" });
  if (answer.type === "opaqueredirect") return "SignedOut";
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const other = page.querySelector("form[data-draft]");
  if (!other) return "Local";
  if (other.dataset.person !== form.dataset.person) return "Other";
  const token = other.elements.csrf_token.value;
  for (const input of $$("input[name=csrf_token]")) input.value = token;
  return "";
}
async function post(url, data, again = true) {                // "" when it was kept, otherwise why not
  const answer = await fetch(url, { method: "POST", body: data, redirect: "manual", headers: { Accept: "application/json" } });
  if (answer.type === "opaqueredirect") return "SignedOut";
  if (answer.status === 400 && again) {
    const why = await fresh();
    if (why) return why;
    data.set("csrf_token", form.elements.csrf_token.value);
    return post(url, data, false);
  }
  if (!answer.ok) return "Local";
  return { saved: (await answer.json()).saved };
}
async function save() {
  clearTimeout(timer);
  if (sending) { waits = true; return; }
  if (!offer.hidden && !owns()) { copy(false); return; }      // an older draft waits for an answer: it is not written over
  sending = true;
  const before = changes;
  let done;
  try { done = await post(form.dataset.draft, typed()); } catch { done = "Local"; }
  sending = false;
  if (done.saved) {
    form.elements._draft.value = "1";
    if (before === changes) { delete form.dataset.dirty; forget(); }
    say("Saved", done.saved);
  } else {
    copy(false);
    say(done);
    timer = setTimeout(save, AGAIN);
  }
  if (waits) { waits = false; save(); }
}
function later() { changes += 1; clearTimeout(timer); timer = setTimeout(save, PAUSE); }

async function resume(local) {                                // what the browser kept goes to the server, then into the form
  const data = new FormData();
  data.set("csrf_token", form.elements.csrf_token.value);
  data.set("_partial", "1");
  for (const [name, value] of local.values) data.append(name, value);
  let done;
  try { done = await post(form.dataset.draft, data); } catch { done = "Local"; }
  if (!done.saved) { say(done); return; }
  forget();
  const url = new URL(form.action, location.href);
  url.searchParams.set("draft", "1");
  if (local.sent) { location.replace(url); return; }
  const text = $("[data-offer-text]", offer);
  text.textContent = text.dataset.tOffer.replace("{when}", clock(local.at));
  offer.hidden = false;
}

if (form) {
  form.addEventListener("input", (event) => { if (event.target.type !== "file") later(); });
  form.addEventListener("change", (event) => { if (event.target.type !== "file") later(); });
  form.addEventListener("submit", (event) => { if (!event.defaultPrevented) { clearTimeout(timer); copy(true); } });
  addEventListener("online", save);
  addEventListener("pagehide", () => {
    if (!("dirty" in form.dataset)) return;
    copy(false);
    if (offer.hidden || owns()) navigator.sendBeacon(form.dataset.draft, typed());
  });
  $("[data-draft-discard]")?.form.addEventListener("submit", () => { clearTimeout(timer); delete form.dataset.dirty; forget(); });
  $("[data-draft-restore]")?.addEventListener("click", () => { delete form.dataset.dirty; forget(); });
  const local = read();
  if (local && Date.now() - local.at > OLD) forget();
  else if (local && "fresh" in form.dataset && (local.sent || local.at > 1000 * Number(form.dataset.kept || 0))) resume(local);
  else if (local && !("fresh" in form.dataset)) forget();     // the form came back with everything in it
  else if (local) forget();
  if (!("fresh" in form.dataset) && !$("[data-draft-offer]:not([hidden])")) later();
}
