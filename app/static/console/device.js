// What this device keeps until the server has it, one box per form, sealed for the session it was typed in.
// Sealing needs no line: the key of a box is made with the public half of the session's. Reading does: the server makes the
// key again for who typed it (/kept/open). Only as long as a session may lie idle can the device read by itself, so that a
// page which a camera ended comes back: without a line it shows nothing that it would not show with one.
// Without a secure context (plain http) nothing can be sealed: then only what is not sensitive is kept, and no photos.
const KEPT = "kept", KEYS = "keys", BLANKS = "blanks", MINUTE = 60000, OLD = 8 * 1440 * MINUTE, CURVE = { name: "ECDH", namedCurve: "P-256" };
const coded = (text) => new TextEncoder().encode(text);
const bytes = (text) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
const letters = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)));
const done = (request) => new Promise((good, bad) => { request.onsuccess = () => good(request.result); request.onerror = () => bad(request.error); });
export const canSeal = Boolean(globalThis.crypto?.subtle);
export const number = () => (canSeal ? crypto.randomUUID() : `${Date.now()}-${Math.random()}`);
let base = null, last = Promise.resolve();

function work(place, mode, act) {                             // one after the other, in the order they were asked for
  base ??= new Promise((good, bad) => {
    const asked = indexedDB.open("jg", 2);
    asked.onupgradeneeded = () => {
      for (const name of asked.result.objectStoreNames) asked.result.deleteObjectStore(name);
      for (const name of [KEPT, KEYS, BLANKS]) asked.result.createObjectStore(name, { keyPath: "id" });
    };
    asked.onsuccess = () => { asked.result.onversionchange = () => asked.result.close(); good(asked.result); };
    asked.onerror = () => bad(asked.error);
  });
  last = last.catch(() => {}).then(async () => {
    const whole = (await base).transaction(place, mode), asked = done(act(whole.objectStore(place)));
    const isOver = new Promise((good, bad) => { whole.oncomplete = good; whole.onabort = () => bad(whole.error); });   // a full disk is told at the end
    return (await Promise.all([asked, isOver]))[0];
  });
  return last;
}
const all = async (place) => { try { return await work(place, "readonly", (store) => store.getAll()); } catch { return []; } };
const drop = async (place, id) => { try { await work(place, "readwrite", (store) => store.delete(id)); } catch { /* private window */ } };
const get = async (place, id) => { try { return await work(place, "readonly", (store) => store.get(id)); } catch { return null; } };
const write = (place, row) => work(place, "readwrite", (store) => store.put(row));

// ---- boxes: what is told of them, and what they hold -----------------------------------------------------------------
export async function kept(person = "") {                     // [{box, entry, label, url, at, once, isRefused, …}], the latest first
  const found = new Map();
  for (const each of await all(KEPT)) if (!person || each.person === person) found.set(each.box, { ...each, at: Math.max(each.at, found.get(each.box)?.at ?? 0), sealed: null });
  return [...found.values()].sort((one, other) => other.at - one.at);
}
export async function forget(fits) {                          // the boxes of which that is true, with their keys
  for (const each of await all(KEPT)) if (fits(each)) { await drop(KEPT, each.id); await drop(KEYS, each.box); }
}
const isWhole = (held) => held && held.seen - 2 * MINUTE < Date.now() && Date.now() < held.until;   // a clock that was put back opens nothing
export async function lock(person, session) {                 // what the device could read by itself for any other session
  for (const place of [KEYS, BLANKS]) for (const each of await all(place)) if (each.person !== person || each.session !== session) await drop(place, each.id);
  for (const each of await all(KEYS)) if (!isWhole(each)) await drop(KEYS, each.id);
}
export const begun = (session) => parseInt(session.replaceAll("-", "").slice(0, 12), 16);   // by the server's clock: UUID version 7
export const sweep = (now) => forget((each) => now - begun(each.session) > OLD);

export class Locked extends Error {}                          // `needs`: the server wants a proof ("proof"), a line ("line"), or does not open it ("never")
async function opened({ box, session, point }) {
  const held = await get(KEYS, box);
  if (isWhole(held)) return held.key;
  const page = document.body.dataset, data = new FormData();
  for (const [name, value] of Object.entries({ box, session, point, csrf_token: document.querySelector("input[name=csrf_token]")?.value ?? "" })) data.set(name, value);
  let answer = null;
  if (page.kept) try { answer = await fetch(page.kept, { method: "POST", body: data, redirect: "manual", headers: { Accept: "application/json" } }); } catch { /* no line */ }
  if (!answer?.ok) throw Object.assign(new Locked(), { needs: answer?.status === 401 || answer?.type === "opaqueredirect" ? "proof" : answer?.status === 404 ? "never" : "line" });
  return crypto.subtle.importKey("raw", bytes((await answer.json()).key), "AES-GCM", false, ["encrypt", "decrypt"]);
}

async function made(shelf) {                                  // a key that was never anywhere else
  const pair = await crypto.subtle.generateKey(CURVE, false, ["deriveBits"]), theirs = await crypto.subtle.importKey("raw", bytes(shelf.seal), CURVE, false, []);
  const shared = await crypto.subtle.importKey("raw", await crypto.subtle.deriveBits({ name: "ECDH", public: theirs }, pair.privateKey, 256), "HKDF", false, ["deriveKey"]);
  shelf.point = letters(await crypto.subtle.exportKey("raw", pair.publicKey));
  return crypto.subtle.deriveKey({ name: "HKDF", hash: "SHA-256", salt: new Uint8Array(0), info: coded(`${shelf.session}/${shelf.box}`) }, shared, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
}
let isGone = false;
globalThis.addEventListener?.("pagehide", () => { isGone = true; });
globalThis.addEventListener?.("pageshow", () => { isGone = false; });
export class Shelf {                                          // the place of one form
  constructor(form) {
    Object.assign(this, { box: number(), person: form.dataset.person, session: form.dataset.session, entry: form.dataset.entry, url: new URL(form.action).pathname, label: form.dataset.label, once: "", isRefused: false });
    Object.assign(this, { seal: form.dataset.seal, idle: Number(form.dataset.idle) * MINUTE });
  }
  static async of(record, form = null) {                      // a box that is there; raises Locked
    const shelf = Object.assign(Object.create(Shelf.prototype), { ...record, idle: Number(form?.dataset.idle ?? 0) * MINUTE });
    shelf.key = record.point ? await opened(record) : null;
    return shelf;
  }
  hold() {                                                    // as long as this page is looked at, nobody else takes the box up
    if (!navigator.locks || isGone) return Promise.resolve();
    this.held ??= new Promise((ready) => {
      navigator.locks.request(`jg-${this.box}`, () => { ready(); return new Promise((free) => { addEventListener("pagehide", () => { this.held = null; free(); }, { once: true }); }); });
    });
    return this.held;
  }
  async put(part, head, body = new ArrayBuffer(0)) {          // true when it is kept
    const text = coded(JSON.stringify(head)), whole = new Uint8Array(4 + text.length + body.byteLength);
    new DataView(whole.buffer).setUint32(0, text.length);
    whole.set(text, 4);
    whole.set(new Uint8Array(body), 4 + text.length);
    const { box, person, session, entry, url, label, once, isRefused } = this, id = `${box}/${part}`, iv = canSeal ? crypto.getRandomValues(new Uint8Array(12)) : null;
    try {
      if (canSeal) this.key = await (this.key ??= made(this));
      const sealed = canSeal ? await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: coded(`${person}/${id}`) }, this.key, whole) : whole.buffer;
      await this.hold();
      this.idle ||= (await get(KEYS, `blank/${session}`))?.idle ?? 0;   // nothing is read without a line where nothing can be begun
      await write(KEPT, { id, box, part, person, session, point: this.point, entry, url, label, once, isRefused, at: Date.now(), iv, sealed });
      if (canSeal && this.idle) await write(KEYS, { id: box, person, session, key: this.key, seen: Date.now(), until: Date.now() + this.idle });
      return true;
    } catch { return false; }                                 // a private window, or no room left
  }
  async mark(told) {                                          // {once} when saving was asked for, {isRefused} when it was not possible
    Object.assign(this, told);
    try { for (const each of (await all(KEPT)).filter((one) => one.box === this.box)) await write(KEPT, { ...each, ...told }); return true; } catch { return false; }
  }
  async parts() {                                             // [{part, head, body}], the oldest first
    const found = [];
    for (const each of (await all(KEPT)).filter((one) => one.box === this.box).sort((one, other) => one.at - other.at)) {
      try {
        const whole = each.iv ? await crypto.subtle.decrypt({ name: "AES-GCM", iv: each.iv, additionalData: coded(`${each.person}/${each.id}`) }, this.key, each.sealed) : each.sealed;
        const length = new DataView(whole).getUint32(0);
        found.push({ part: each.part, head: JSON.parse(new TextDecoder().decode(whole.slice(4, 4 + length))), body: whole.slice(4 + length) });
      } catch { /* spoiled, or sealed by nobody we know */ }
    }
    return found;
  }
  drop(part) { return drop(KEPT, `${this.box}/${part}`); }
  clear() { return forget((each) => each.box === this.box); }
}
const shelves = new Map();
export const shelfOf = (form) => shelves.get(form) ?? shelves.set(form, new Shelf(form)).get(form);
export async function adopt(form, record) {                   // this form goes on with that box; raises Locked
  shelves.set(form, await Shelf.of(record, form));
  return shelves.get(form);
}
export async function alone(box, act) {                       // unless a page has it open
  if (!navigator.locks) return act();
  return navigator.locks.request(`jg-${box}`, { ifAvailable: true }, (held) => (held ? act() : undefined));
}

// ---- empty forms, which can be begun without a line until the session ends ------------------------------------------
export async function keepBlank(form, told) {                 // under one key per session, which only this device has
  const { person, session, label } = form.dataset, id = new URL(form.action).pathname, name = `blank/${session}`, until = 1000 * Number(form.dataset.until);
  const held = await get(KEYS, name), key = held?.key ?? (await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]));
  const iv = crypto.getRandomValues(new Uint8Array(12)), sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: coded(id) }, key, coded(JSON.stringify(told)));
  await write(KEYS, { id: name, person, session, key, idle: Number(form.dataset.idle) * MINUTE, seen: Date.now(), until });
  await write(BLANKS, { id, person, session, label, at: Date.now(), iv, sealed });
}
export async function blanks() {                              // [{id, label, at, session}] of those that can be opened now
  const found = [];
  for (const each of await all(BLANKS)) if (isWhole(await get(KEYS, `blank/${each.session}`))) found.push({ ...each, sealed: null });
  return found;
}
export async function blank(path) {                           // what was kept of that empty form, or null
  const found = await get(BLANKS, path), held = found && (await get(KEYS, `blank/${found.session}`));
  if (!isWhole(held)) return null;
  try { return JSON.parse(new TextDecoder().decode(await crypto.subtle.decrypt({ name: "AES-GCM", iv: found.iv, additionalData: coded(path) }, held.key, found.sealed))); } catch { return null; }
}
