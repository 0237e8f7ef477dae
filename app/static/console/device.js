// What this device keeps until the server has it: sealed for the account that typed it, gone when it was sent or somebody
// signs out. The key is the account's own and comes with its pages, so a colleague at the same device reads nothing.
// Without a secure context (plain http) nothing can be sealed: then only what is not sensitive is kept, and no photos.
const STORE = "kept", OLD = 7 * 86400000;
const done = (request) => new Promise((good, bad) => { request.onsuccess = () => good(request.result); request.onerror = () => bad(request.error); });
export const canSeal = Boolean(globalThis.crypto?.subtle);
let base = null, last = Promise.resolve();

function work(mode, act) {                                    // one after the other, in the order they were asked for
  base ??= new Promise((good, bad) => {
    const asked = indexedDB.open("jg", 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore(STORE, { keyPath: "id" });
    asked.onsuccess = () => good(asked.result);
    asked.onerror = () => bad(asked.error);
  });
  last = last.catch(() => {}).then(async () => done(act((await base).transaction(STORE, mode).objectStore(STORE))));
  return last;
}
const all = async () => { try { return await work("readonly", (store) => store.getAll()); } catch { return []; } };
const drop = async (id) => { try { await work("readwrite", (store) => store.delete(id)); } catch { /* private window */ } };

export async function kept(person) {                          // the forms that wait here: never what is in them
  const found = new Map();
  for (const each of await all()) {
    if (Date.now() - each.at > OLD) drop(each.id);
    else if (each.person === person || !person) found.set(each.entry, { entry: each.entry, label: each.label, url: each.url, at: Math.max(each.at, found.get(each.entry)?.at ?? 0) });
  }
  return [...found.values()].sort((one, other) => other.at - one.at);
}
export async function forget(person, entry) {                 // of one form, or everything of everybody
  for (const each of await all()) if (!person || (each.person === person && each.entry === entry)) await drop(each.id);
}

export class Shelf {                                          // the place of one form
  constructor(form, label) {
    Object.assign(this, { person: form.dataset.person, entry: form.dataset.entry, url: new URL(form.action).pathname, label });
    this.key = canSeal && crypto.subtle.importKey("raw", Uint8Array.from(atob(form.dataset.device), (sign) => sign.charCodeAt(0)), "AES-GCM", false, ["encrypt", "decrypt"]);
  }
  id(part) { return `${this.person}/${this.entry}/${part}`; }
  async put(part, head, body = new ArrayBuffer(0)) {          // true when it is kept
    const text = new TextEncoder().encode(JSON.stringify(head)), whole = new Uint8Array(4 + text.length + body.byteLength);
    new DataView(whole.buffer).setUint32(0, text.length);
    whole.set(text, 4);
    whole.set(new Uint8Array(body), 4 + text.length);
    const iv = canSeal ? crypto.getRandomValues(new Uint8Array(12)) : null;
    try {
      const sealed = iv ? await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: new TextEncoder().encode(this.id(part)) }, await this.key, whole) : whole.buffer;
      await work("readwrite", (store) => store.put({ id: this.id(part), person: this.person, entry: this.entry, url: this.url, label: this.label, at: Date.now(), iv, sealed }));
      return true;
    } catch { return false; }                                 // a private window, or no room left
  }
  async parts() {                                             // [{part, at, head, body}], the oldest first; what does not open is dropped
    const found = [];
    for (const each of (await all()).filter((one) => one.person === this.person && one.entry === this.entry)) {
      try {
        const whole = each.iv ? await crypto.subtle.decrypt({ name: "AES-GCM", iv: each.iv, additionalData: new TextEncoder().encode(each.id) }, await this.key, each.sealed) : each.sealed;
        const length = new DataView(whole).getUint32(0);
        found.push({ part: each.id.slice(this.id("").length), at: each.at, head: JSON.parse(new TextDecoder().decode(whole.slice(4, 4 + length))), body: whole.slice(4 + length) });
      } catch { await drop(each.id); }
    }
    return found.sort((one, other) => one.at - other.at);
  }
  drop(part) { return drop(this.id(part)); }
  clear() { return forget(this.person, this.entry); }
}
