// What was saved without a line goes to the server by itself, one form after the other, whatever page is looked at.
// Each goes whole - fields, lines, files - under the key it was saved with, so that it is stored once however often it goes.
import { $, words } from "jg/dom";
import { Locked, Shelf, alone, forget, kept } from "jg/device";

const SENT = "jg.box";
export const sent = {                                         // which box this tab sent last, under which key: its answer goes on with it
  get: () => { try { return JSON.parse(sessionStorage.getItem(SENT)) ?? {}; } catch { return {}; } },
  set: (box, once = "") => { try { if (box) sessionStorage.setItem(SENT, JSON.stringify({ box, once })); else sessionStorage.removeItem(SENT); } catch { /* private window */ } },
};
const named = ({ head, body }) => new File([body], head.name, { type: head.type });
async function carried(shelf) {                               // [[name, value], …] and the files, or null when nothing opens
  const parts = await shelf.parts(), typed = parts.find((each) => each.part === "typed");
  if (!typed) return null;
  return { pairs: [...typed.head.values, ["_once", shelf.once]], files: parts.filter((each) => each !== typed).map(named) };
}
async function send(record) {                                 // what became of it; null when it has to wait
  const shelf = await Shelf.of(record), found = await carried(shelf);
  if (!found) { await shelf.mark({ isRefused: true }); return null; }
  const data = new FormData();
  for (const [name, value] of found.pairs) data.append(name, value);
  for (const file of found.files) data.append("_files", file);
  data.set("csrf_token", $("input[name=csrf_token]").value);
  const answer = await fetch(shelf.url, { method: "POST", body: data, redirect: "manual", headers: { Accept: "application/json" } });
  const told = answer.headers.get("Content-Type")?.includes("json") ? await answer.json() : null;
  if (answer.ok && told) { await shelf.clear(); return { ...record, ...told }; }
  if (answer.type === "opaqueredirect" || answer.status >= 500 || [400, 408, 429].includes(answer.status)) return null;
  await shelf.mark({ isRefused: true });
  return { ...record, isRefused: true };
}
// What an earlier session saved goes when its person has said that it is his: whoever held the device meanwhile could have
// typed it, and what is sent in a name counts as that person's own (Xi'an 2021-28, art. 31).
export async function sendAll(isMine = false) {               // [{…, title, url} | {…, isRefused} | {…, needs}]
  const found = [];
  for (const record of (await kept(words.me)).reverse().filter((each) => each.once && !each.isRefused && each.once !== words.saved)) {
    if (record.session !== words.session && !isMine) { found.push({ ...record, needs: "word" }); continue; }
    try {
      const told = await alone(record.box, () => send(record));
      if (told) found.push(told);
    } catch (error) {
      if (!(error instanceof Locked)) break;                  // no line after all
      if (error.needs === "never") await forget((each) => each.box === record.box);   // he signed out of that session
      else found.push({ ...record, needs: error.needs });
    }
  }
  return found;
}
export async function openRefused(record) {                   // it is sent like any form: the answer is the form with what is wrong
  const shelf = await Shelf.of(record), found = await carried(shelf);
  if (!found) return false;
  const form = Object.assign(document.createElement("form"), { method: "post", action: shelf.url, enctype: "multipart/form-data", hidden: true });
  for (const [name, value] of [...found.pairs, ["csrf_token", $("input[name=csrf_token]").value]]) form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
  if (found.files.length) {
    const all = new DataTransfer(), input = Object.assign(document.createElement("input"), { type: "file", name: "_files", multiple: true });
    for (const file of found.files) all.items.add(file);
    input.files = all.files;
    form.append(input);
  }
  document.body.append(form);
  sent.set(shelf.box, shelf.once);
  form.submit();
  return true;
}
