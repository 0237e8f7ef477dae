// Nothing typed is lost: kept on the server while somebody types, sealed on this device until the server has it.
import { $, $$ } from "jg/dom";
import { Shelf, canSeal } from "jg/device";

const form = $("form[data-draft]");
const SOON = 250, PAUSE = 1500, AGAIN = 10000;
const state = $("[data-draft-state]"), offer = $("[data-draft-offer]");
const shelf = form && new Shelf(form, form.dataset.label);
const secret = (name) => Boolean($(`[data-field="${CSS.escape(name)}"][data-sensitive]`, form));
const owns = () => form.elements._draft.value === "1";
const waitsForAnswer = () => !offer.hidden && !owns();        // an older draft is offered: it is not written over
let timer = 0, soon = 0, sending = false, waits = false, changes = 0, leaving = false, isDecided = false, isLost = false;

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
function copy(sent) {                                         // onto the device; what is sensitive only where it can be sealed
  clearTimeout(soon);
  const names = [...new Set($$("[name]", form).map((each) => each.name))].filter((name) => !["_files", "csrf_token", "_once"].includes(name) && (canSeal || !secret(name)));
  const data = typed();
  return shelf.put("typed", { sent, isLost, values: names.flatMap((name) => { const all = data.getAll(name).map(String); return (all.length ? all : [""]).map((value) => [name, value]); }) });
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
async function post(url, data, again = true) {                // {saved} when it was kept, otherwise why not
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
const tried = async (url, data) => { if (!navigator.onLine) return "Local"; try { return await post(url, data); } catch { return "Local"; } };
async function lost(why) {                                    // the server has it not: it stays here and is sent again
  isLost = true;
  const isKept = await copy(false);
  say(why === "Local" && !isKept ? "Nowhere" : why);
  clearTimeout(timer);
  timer = setTimeout(save, AGAIN);
}
async function save() {
  clearTimeout(timer);
  if (leaving) return;
  if (sending) { waits = true; return; }
  if (waitsForAnswer()) { copy(false); return; }
  sending = true;
  const before = changes, done = await tried(form.dataset.draft, typed());
  sending = false;
  if (done.saved) {
    form.elements._draft.value = "1";
    isLost = false;
    if (before === changes) { delete form.dataset.dirty; clearTimeout(soon); shelf.drop("typed"); }
    say("Saved", done.saved);
    form.dispatchEvent(new Event("jg:reached"));              // files that wait are sent too
  } else await lost(done);
  if (waits) { waits = false; save(); }
}
function later() {
  changes += 1;
  if (!isDecided) return;                                     // what this device kept comes first: it is not written over
  clearTimeout(soon); soon = setTimeout(() => copy(false), SOON);
  clearTimeout(timer); timer = setTimeout(save, PAUSE);
}
async function resume(local) {                                // what this device kept goes to the server, then into the form
  for (const group of $$("[data-group]", form)) group.inert = true;   // nobody types into what is about to be another form
  const data = new FormData();
  data.set("csrf_token", form.elements.csrf_token.value);
  data.set("_partial", "1");
  for (const [name, value] of local.head.values) data.append(name, value);
  const done = await tried(form.dataset.draft, data);
  if (!done.saved) { say(done); setTimeout(() => resume(local), AGAIN); return; }
  await shelf.drop("typed");
  leaving = true;
  if (!local.head.sent && !local.head.isLost) { location.reload(); return; }   // left by choice: it is offered, not put before him
  const url = new URL(form.action, location.href);
  url.searchParams.set("draft", "1");
  location.replace(url);
}
async function reachable() {                                  // a form sent into nowhere would leave an empty page behind
  if (!navigator.onLine) return false;
  try { await fetch(form.dataset.mark, { method: "HEAD", cache: "no-store", signal: AbortSignal.timeout(8000) }); return true; } catch { return false; }
}

if (form) {
  for (const type of ["input", "change"]) form.addEventListener(type, (event) => { if (event.target.type !== "file") later(); });
  let proven = false, asking = false;
  form.addEventListener("submit", async (event) => {
    if (event.defaultPrevented) return;
    clearTimeout(timer);
    if (proven) { proven = false; leaving = true; copy(true); return; }
    event.preventDefault();
    if (asking) return;
    asking = true;
    const button = event.submitter;
    const [isThere] = await Promise.all([reachable(), copy(true)]);
    asking = false;
    if (!isThere) { await lost("Local"); state.scrollIntoView({ block: "nearest" }); return; }
    proven = true;
    form.requestSubmit(button);
  });
  addEventListener("pageshow", (event) => { if (event.persisted) leaving = false; });
  addEventListener("online", save);
  addEventListener("offline", () => lost("Local"));
  form.addEventListener("jg:unreached", () => lost("Local"));
  document.addEventListener("visibilitychange", () => { if (document.hidden && "dirty" in form.dataset && !leaving) { copy(false); save(); } });   // a phone's camera may end this page
  addEventListener("pagehide", () => {
    if (!("dirty" in form.dataset) || leaving) return;
    copy(false);
    if (!waitsForAnswer()) navigator.sendBeacon(form.dataset.draft, typed());
  });
  $("[data-draft-discard]")?.form.addEventListener("submit", () => { leaving = true; clearTimeout(timer); clearTimeout(soon); delete form.dataset.dirty; shelf.clear(); });
  $("[data-draft-restore]")?.addEventListener("click", () => { leaving = true; delete form.dataset.dirty; shelf.drop("typed"); });
  if (document.body.dataset.saved === form.dataset.entry) await shelf.clear();   // "save and enter another": what stands there is saved
  const parts = await shelf.parts(), local = parts.find((each) => each.part === "typed");
  if (local && "fresh" in form.dataset && (local.head.sent || local.at > 1000 * Number(form.dataset.kept || 0))) resume(local);
  else {
    isDecided = true;
    if (changes) later(); else if (local) shelf.drop("typed");   // the form came back with everything in it, or the server's is newer
    if (!("fresh" in form.dataset) && !waitsForAnswer()) later();
    if (!waitsForAnswer()) form.dispatchEvent(new CustomEvent("jg:ready", { detail: { shelf, files: parts.filter((each) => each.part !== "typed") } }));
  }
  if ("serviceWorker" in navigator && matchMedia("(pointer: coarse)").matches) navigator.serviceWorker.register(form.dataset.worker).catch(() => {});
}
