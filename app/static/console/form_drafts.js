// Nothing typed is lost: kept on the server while somebody types, sealed on this device until the server has it. Saving
// without a line is a promise: the form goes to the server by itself as soon as it can, from this page or from any other.
import { $, $$, words } from "jg/dom";
import { Locked, adopt, alone, canSeal, forget, kept, number, shelfOf } from "jg/device";
import { put, taken } from "jg/fields";
import { openRefused, sent } from "jg/send";

const form = $("form[data-draft]");
const SOON = 250, PAUSE = 1500, AGAIN = 10000;
const state = $("[data-draft-state]"), offer = $("[data-draft-offer]");
const secret = (name) => Boolean($(`[data-field="${CSS.escape(name)}"][data-sensitive]`, form));
const owns = () => form.elements._draft.value === "1";
const waitsForAnswer = () => !offer.hidden && !owns();        // an older draft is offered: it is not written over
const filesWait = () => Number(form.dataset.waiting ?? 0) > 0;
let timer = 0, soon = 0, sending = false, waits = false, changes = 0, leaving = false, isDecided = false, isLost = false;
let promised = null;                                          // the button by which saving was asked for without a line

const link = (href, textContent, more = {}) => Object.assign(document.createElement("a"), { href, textContent, ...more });
function say(kind, when = "") {
  state.className = `jg-kept is-${kind}`;
  state.textContent = (state.dataset[`t${kind}`] ?? "").replace("{when}", when);
  if (kind === "SignedOut") state.append(" ", link(form.dataset.login, state.dataset.tSignIn, { target: "_blank", rel: "noopener" }));
  if (kind === "Proof") state.append(" ", link(`${form.dataset.verify}?next=${encodeURIComponent(location.pathname)}`, state.dataset.tVerify));
  if (kind !== "Promised") return;
  const open = $$("[data-field]", form).filter((each) => !each.hidden && $(".jg-must", each) && !taken(form, each.dataset.field).length);
  if (open.length) state.append(" ", link(`#f-${open[0].dataset.field}`, state.dataset.tOpen.replace("{n}", open.length)));
  if (open.length) state.lastElementChild.dataset.jump = "";
  if (form.dataset.mode === "add") state.append(" ", link(form.action, state.dataset.tNext));
}
function typed() {
  const data = new FormData(form);
  for (const name of ["_files", "_once"]) data.delete(name);
  data.set("_box", shelfOf(form).box);
  return data;
}
function copy(isSent) {                                       // onto the device; what is sensitive only where it can be sealed
  clearTimeout(soon);
  const names = [...new Set($$("[name]", form).map((each) => each.name))].filter((name) => !["_files", "csrf_token", "_once"].includes(name) && (canSeal || !secret(name)));
  const data = typed(), shelf = shelfOf(form);
  Object.assign(shelf, { once: isSent ? form.elements._once.value : "", isRefused: false });
  const lines = $("[data-lines] [data-line]", form) ? $("[data-lines]", form).outerHTML : "";
  const texts = Object.assign({}, ...$$("[data-pick]", form).flatMap((each) => each.tomselect?.items.map((value) => ({ [value]: each.tomselect.options[value]?.text })) ?? []));
  return shelf.put("typed", { isLost, lines, texts, values: names.flatMap((name) => { const all = data.getAll(name).map(String); return (all.length ? all : [""]).map((value) => [name, value]); }) });
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
  if (why !== "Local") promised = null;                       // what the end of a session came between is asked for again
  const isKept = (await copy(Boolean(promised))) && !("unkept" in form.dataset);
  if (promised && isKept) delete form.dataset.dirty;
  say(why === "Local" ? (!isKept ? "Nowhere" : promised ? "Promised" : "Local") : why);
  clearTimeout(timer);
  timer = setTimeout(save, AGAIN);
}
async function save() {
  clearTimeout(timer);
  if (leaving) return;
  if (sending) { waits = true; return; }
  if (waitsForAnswer()) { if (promised) keepPromise(); else copy(false); return; }
  sending = true;
  const before = changes, done = await tried(form.dataset.draft, typed());
  sending = false;
  if (done.saved) {
    form.elements._draft.value = "1";
    isLost = false;
    if (before === changes && !promised) { delete form.dataset.dirty; clearTimeout(soon); shelfOf(form).drop("typed"); }
    say("Saved", done.saved);
    form.dispatchEvent(new Event("jg:reached"));              // files that wait are sent too
    keepPromise();
  } else await lost(done);
  if (waits) { waits = false; save(); }
}
function keepPromise() {                                      // the line is back, everything is there: what was asked for is done
  if (promised && !filesWait() && !leaving) form.requestSubmit(promised.isConnected ? promised : null);
}
function later() {
  changes += 1;
  promised = null;                                            // who goes on typing has not finished
  if (!isDecided) return;                                     // what this device kept comes first: it is not written over
  clearTimeout(soon); soon = setTimeout(() => copy(false), SOON);
  clearTimeout(timer); timer = setTimeout(save, PAUSE);
}
async function resume(record) {                               // what this device kept goes to the server, then into the form
  for (const group of $$("[data-group]", form)) group.inert = true;   // nobody types into what is about to be another form
  let shelf = null;
  try { shelf = await adopt(form, record); } catch (error) {
    if (!(error instanceof Locked)) throw error;
    for (const group of $$("[data-group]", form)) group.inert = false;
    if (error.needs === "never") await forget((each) => each.box === record.box); else say(error.needs === "proof" ? "Proof" : "Local");
    return error.needs === "never";
  }
  await shelf.hold();
  const local = (await shelf.parts()).find((each) => each.part === "typed"), data = new FormData();
  if (!local) { for (const group of $$("[data-group]", form)) group.inert = false; return true; }   // photos alone
  data.set("csrf_token", form.elements.csrf_token.value);
  data.set("_partial", "1");
  data.set("_box", shelf.box);
  for (const [name, value] of local.head.values) data.append(name, value);
  const send = async () => {
    const done = await tried(form.dataset.draft, data);
    if (!done.saved) { say(done); setTimeout(send, AGAIN); return; }
    await shelf.drop("typed");
    leaving = true;
    sent.set(shelf.box, record.once);                         // its files go on with it
    if (!local.head.isLost && !record.once && !new URLSearchParams(location.search).has("box")) { location.reload(); return; }   // left by choice: it is offered, not put before him
    const url = new URL(form.action, location.href);
    url.searchParams.set("draft", "1");
    location.replace(url);
  };
  send();
  return false;
}
async function fill(record) {                                 // without a line: what the device may still read comes back into the form
  try {
    const shelf = await adopt(form, record), local = (await shelf.parts()).find((each) => each.part === "typed");
    const found = new Map(), names = local?.head.texts ?? {}, card = document.createElement("template");
    card.innerHTML = local?.head.lines ?? "";
    if (card.innerHTML) $("[data-lines]", form)?.replaceWith(card.content.firstElementChild);
    for (const [name, value] of local?.head.values ?? []) found.set(name, [...(found.get(name) ?? []), ...(form.elements[name]?.tomselect ? value.split(",") : [value])]);
    for (const [name, values] of found) if (form.elements[name] && !["_draft", "_lines", "_lines_of"].includes(name)) put(form, name, values.map((value) => [value, names[value] ?? value]));
    changes = 0;                                              // nobody has typed yet: what was promised still is
    delete form.dataset.dirty;
    if (!record.once || !local) return;
    form.elements._once.value = record.once;
    promised = $("[data-save]", form);
    say("Promised");
  } catch (error) { if (!(error instanceof Locked)) throw error; say("Proof"); }
}
async function reachable() {                                  // a form sent into nowhere would leave an empty page behind
  if (!navigator.onLine) return false;
  try { await fetch(form.dataset.mark, { method: "HEAD", cache: "no-store", signal: AbortSignal.timeout(8000) }); return true; } catch { return false; }
}
async function decide() {                                     // which box this page goes on with; true when it may begin to keep its own
  const boxes = (await kept(form.dataset.person)).filter((each) => each.entry === form.dataset.entry && each.once !== words.saved);
  const asked = new URLSearchParams(location.search).get("box"), mine = sent.get();
  const wanted = boxes.find((each) => each.box === (asked ?? mine.box));
  sent.set("");
  if ("blank" in form.dataset) { if (wanted) await fill(wanted); return true; }
  if (!("fresh" in form.dataset)) {                           // the answer to what was sent, with everything in it
    if (mine.once && !$("[data-errors]")) form.elements._once.value = mine.once;
    if (wanted) try {
      const shelf = await adopt(form, wanted), files = (await shelf.parts()).filter((each) => each.part !== "typed");
      if ($$("[data-files] [data-staged]", form).length >= files.length && $("[data-errors], [data-conflict], .jg-twins")) for (const each of files) await shelf.drop(each.part);
    } catch (error) { if (!(error instanceof Locked)) throw error; }
    return true;
  }
  if (wanted?.once && (wanted.isRefused || wanted.session === form.dataset.session)) {   // it was sent and nobody answered: once more, under the same key
    try { if (await alone(wanted.box, () => openRefused(wanted))) { leaving = true; return false; } } catch (error) { if (!(error instanceof Locked)) throw error; if (error.needs === "proof") say("Proof"); }
    return true;
  }
  const draft = form.dataset.kept, isNewer = (each) => draft === undefined || draft === each.box;
  for (const each of boxes.filter((one) => one === wanted || (!one.once && isNewer(one)))) {
    const isFree = await alone(each.box, () => true);
    if (isFree) return resume(each);
  }
  return true;
}

if (form) {
  if ("blank" in form.dataset) {                              // begun without a line: a key of its own, and today is today
    form.elements._once.value = number();
    const now = new Date(), today = new Date(now - now.getTimezoneOffset() * 60000).toISOString().slice(0, 10);
    for (const input of $$("input[data-day]", form)) if (input.value === form.dataset.blank) input.value = today;
  }
  for (const type of ["input", "change"]) form.addEventListener(type, (event) => { if (event.target.type !== "file") later(); });
  let proven = false, asking = false;
  form.addEventListener("submit", async (event) => {
    if (event.defaultPrevented) return;
    clearTimeout(timer);
    if (proven) { proven = false; leaving = true; sent.set(shelfOf(form).box, form.elements._once.value); copy(true); return; }
    event.preventDefault();
    if (asking) return;
    asking = true;
    const button = event.submitter;
    const [isThere] = await Promise.all([reachable(), copy(true)]);
    asking = false;
    if (!isThere) {
      promised = button ?? $("[data-save]", form);
      await lost("Local");
      state.scrollIntoView({ block: "nearest" });
      if (promised.matches("[data-save-next]") && !("dirty" in form.dataset)) { leaving = true; location.assign(form.action); }
      return;
    }
    if (filesWait()) { promised = button ?? $("[data-save]", form); state.textContent = state.dataset.tWait; form.dispatchEvent(new Event("jg:reached")); return; }
    if (!form.elements.csrf_token.value) { const why = await fresh(); if (why) { await lost(why); return; } }
    proven = true;
    form.requestSubmit(button);
  });
  form.addEventListener("jg:carried", keepPromise);
  addEventListener("pageshow", (event) => { if (event.persisted) { leaving = false; shelfOf(form).hold(); } });
  addEventListener("online", save);
  addEventListener("offline", () => { if ("dirty" in form.dataset || promised) lost("Local"); else say("Local"); });
  form.addEventListener("jg:unreached", () => lost("Local"));
  document.addEventListener("visibilitychange", () => { if (document.hidden && "dirty" in form.dataset && !leaving) { copy(false); save(); } });   // a phone's camera may end this page
  addEventListener("pagehide", () => {
    if (!("dirty" in form.dataset) || leaving) return;
    copy(Boolean(promised));
    if (!waitsForAnswer()) navigator.sendBeacon(form.dataset.draft, typed());
  });
  $("[data-draft-discard]")?.form.addEventListener("submit", () => { leaving = true; clearTimeout(timer); clearTimeout(soon); delete form.dataset.dirty; shelfOf(form).clear(); });
  $("[data-draft-restore]")?.addEventListener("click", () => { leaving = true; delete form.dataset.dirty; shelfOf(form).drop("typed"); });
  if (await decide()) {
    const shelf = shelfOf(form);
    isDecided = true;
    if (changes || (!("fresh" in form.dataset) && !waitsForAnswer())) later();
    if (!waitsForAnswer()) form.dispatchEvent(new CustomEvent("jg:ready", { detail: { files: (await shelf.parts()).filter((each) => each.part !== "typed") } }));
  }
  if (!leaving) document.dispatchEvent(new Event("jg:shelved"));
}
