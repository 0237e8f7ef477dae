// Forms of new rows that can be begun without a line. Every one that was opened on this device is kept as it is for
// somebody who has begun nothing, with the rows its pickers offer and what follows from the likeliest of them; once in a
// session, by whatever page is looked at then. What it asks the server for is nobody's doing (X-Unattended).
import { $, $$, keep, words } from "jg/dom";
import { blank, blanks, canSeal, keepBlank } from "jg/device";

const ASSETS = "jg-assets", FORMS = `jg.forms.${words.me}`, LIKELY = 5, FRESH = 30 * 60000;
const unattended = { Accept: "application/json", "X-Unattended": "1" };
const read = (name) => { try { return JSON.parse(localStorage.getItem(name)) ?? []; } catch { return []; } };
let kept = null;
const here = () => (kept ??= canSeal && $("form[data-entry][data-mode=add]") ? blank(location.pathname) : Promise.resolve(null));

// ---- used by a form without a line ---------------------------------------------------------------------------------
export async function offered(address, { q = "" }) {          // the rows that a picker offered lately; null where none are kept
  const items = (await here())?.offers[address];
  return items ? items.filter((each) => `${each.text} ${each.hint}`.toLowerCase().includes(q.trim().toLowerCase())) : null;
}
export async function helped(filling) {                       // what follows from the chosen rows, as far as it is known
  const known = (await here())?.helps ?? {}, found = filling.map((each) => known[each]).filter(Boolean);
  return found.length ? { fills: Object.assign({}, ...found.map((each) => each.fills)), lines: found.find((each) => each.lines)?.lines } : null;
}

// ---- kept while there is one -----------------------------------------------------------------------------------------
async function told(address, options = {}) {
  const answer = await fetch(address, { redirect: "error", headers: unattended, ...options });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}
async function look(page) {                                   // style, scripts and letters of that page, beside the worker's own
  const shelf = await caches.open(ASSETS), wanted = new Set($$("link[rel=stylesheet], link[rel=icon], script[src], img", page).map((each) => each.href || each.src));
  for (const each of Object.values(JSON.parse($("script[type=importmap]", page).textContent).imports)) wanted.add(new URL(each, location.href).href);
  const there = new Set((await shelf.keys()).map((each) => each.url));
  for (const each of [...wanted].filter((one) => one.includes(".css"))) {
    const text = await (await ((await shelf.match(each)) ?? fetch(each))).text();
    for (const [file] of text.matchAll(/(?<=url\(["']?)[^)"']+\.woff2[^)"']*/g)) wanted.add(new URL(file, each).href);
  }
  for (const each of wanted) if (!there.has(each)) await shelf.add(each);
  for (const each of there) if (!wanted.has(each)) await shelf.delete(each);
}
async function take(path) {
  const answer = await fetch(`${path}?blank=1`, { redirect: "error", headers: { "X-Unattended": "1" } });
  if (!answer.ok) return false;
  const html = await answer.text(), page = new DOMParser().parseFromString(html, "text/html"), form = $("form[data-blank]", page);
  if (form?.dataset.person !== words.me || form.dataset.session !== words.session) return false;
  await look(page);
  const offers = {}, helps = {}, token = form.elements.csrf_token.value;
  for (const input of $$("[data-pick], [data-offers]", form)) {
    const address = input.dataset.pick ?? input.dataset.offers;
    offers[address] ??= (await told(new URL(`${address}${address.includes("?") ? "&" : "?"}q=`, location.href))).items;
    const late = read(`jg.recent.${words.me}.${address}`), known = new Set(late.map((each) => each.value));
    offers[address] = [...late, ...offers[address].filter((each) => !known.has(each.value))];
    for (const each of "fills" in input.dataset ? offers[address].slice(0, LIKELY) : []) {
      const data = new FormData(form);
      data.set(input.name, "pick" in input.dataset ? each.value : each.text);
      data.set("_filling", `${input.name}:${each.value}`);
      const { fills, lines } = await told(form.dataset.check, { method: "POST", body: data });
      helps[`${input.name}:${each.value}`] = { fills, lines };
    }
  }
  await keepBlank(form, { html: html.replaceAll(token, ""), policy: answer.headers.get("Content-Security-Policy"), offers, helps });
  return true;
}
async function renew() {
  const open = $("form[data-entry][data-mode=add]:not([data-blank])"), path = open && new URL(open.action).pathname;
  const forms = [...new Set([...(path ? [path] : []), ...read(FORMS)])].slice(0, 6);
  keep(FORMS, forms);
  const there = new Map((await blanks()).map((each) => [each.id, each.at]));
  for (const each of forms) {
    if (there.has(each) && (each !== path || Date.now() - there.get(each) < FRESH)) continue;
    try { if (!(await take(each))) keep(FORMS, read(FORMS).filter((one) => one !== each)); } catch { return; }   // no line: at the next page
  }
}
if (words.me && canSeal && "serviceWorker" in navigator && matchMedia("(pointer: coarse)").matches && !$("form[data-blank]")) {
  navigator.serviceWorker.register(words.worker).catch(() => {});
  if (navigator.onLine) setTimeout(renew, 1500);              // the page comes first
}
