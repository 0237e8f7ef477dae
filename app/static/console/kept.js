// On every page: what waits on this device for its reader is sent and told; what was saved is forgotten; and whoever
// signs out, or is not signed in any more, leaves nothing here that could be read without him.
import { $, $$, on, words } from "jg/dom";
import { forget, kept, lock, shelfOf, sweep } from "jg/device";
import { sendAll } from "jg/send";

const saved = /(?:^|; )jg_saved=([^;]+)/.exec(document.cookie)?.[1];
if (saved && words.me) {                                                  // the server has the row: the copy is not needed any more
  document.cookie = "jg_saved=; Max-Age=0; path=/; SameSite=Lax";
  words.saved = decodeURIComponent(saved.replaceAll('"', ""));            // told at once: the next form reads its shelf soon
}
const isBlank = Boolean($("form[data-blank]"));                           // begun without a line: nobody has said who is signed in
function clean() {                                                        // what stands open here of whoever was signed in
  try {
    for (const key of Object.keys(localStorage)) if (key.startsWith("jg.recent.")) localStorage.removeItem(key);
    for (const key of Object.keys(sessionStorage)) if (key !== "jg.box") sessionStorage.removeItem(key);
  } catch { /* private window */ }
}
on("submit", "form[action*='/logout']", async (event, form) => {          // the next person at this device finds nothing of this one
  if (event.defaultPrevented) return;
  event.preventDefault();
  if ((await kept(words.me)).length && !confirm(words.tUnsent)) { form.classList.remove("is-sent"); form.removeAttribute("aria-busy"); return; }
  for (const open of $$("form[data-guard]")) delete open.dataset.dirty;
  await forget((each) => each.person === words.me);
  await lock("", "");
  clean();
  form.submit();
});

// ---- what became of what waited ------------------------------------------------------------------------------------
const two = (number) => String(number).padStart(2, "0");
const when = ({ at }) => `${two(new Date(at).getHours())}:${two(new Date(at).getMinutes())}`;
function line(text, each, href) {
  const item = document.createElement("div");
  item.append(text, " ", href ? Object.assign(document.createElement("a"), { href, textContent: each.title ?? `${each.label} ${when(each)}` }) : `${each.label} ${when(each)}`);
  return item;
}
function tell(sent, waiting) {
  const place = $("[data-kept-here]"), done = $("[data-kept-done]");
  if (!place) return;
  done.lastElementChild.replaceChildren(...sent.filter((each) => each.title).map((each) => line(done.dataset.tSent, each, each.url)));
  done.hidden = !done.lastElementChild.childElementCount;
  const needs = new Map(sent.map((each) => [each.box, each.needs]));
  const told = (each) => (needs.get(each.box) === "proof" ? [place.dataset.tProof, `${place.dataset.verify}?next=${encodeURIComponent(location.pathname)}`]
    : needs.get(each.box) === "word" ? [place.dataset.tEarlier, `${each.url}?box=${each.box}`] : each.isRefused ? [place.dataset.tRefused, `${each.url}?box=${each.box}`] : each.once ? [place.dataset.tWaits, ""] : [place.dataset.tTyped, `${each.url}?box=${each.box}`]);
  place.lastElementChild.replaceChildren(...waiting.map((each) => { const [text, href] = told(each); return line(text, each, href); }));
  if (waiting.some((each) => needs.get(each.box) === "word")) {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "btn", textContent: place.dataset.tMine });
    button.addEventListener("click", () => { button.disabled = true; look(true); });
    place.lastElementChild.append(button);
  }
  place.hidden = !waiting.length;
}
const form = $("form[data-entry]");
async function look(isMine = false) {
  const sent = navigator.onLine ? await sendAll(isMine) : [];
  const open = new Set((await navigator.locks?.query())?.held.map((each) => each.name) ?? []);
  tell(sent, (await kept(words.me)).filter((each) => !open.has(`jg-${each.box}`) && each.box !== (form && shelfOf(form).box)));
  if (sent.some((each) => each.title && each.entry === form?.dataset.entry) && $("[data-draft-offer]")) $("[data-draft-offer]").hidden = true;
}
if (words.me && !isBlank) {
  if (words.saved) await forget((each) => each.once === words.saved);
  await lock(words.me, words.session);
  const today = $(".jg-date time")?.dateTime;
  if (today) await sweep(Date.parse(today));
  document.addEventListener("jg:shelved", () => look(), { once: true });          // a form takes first what is its own
  addEventListener("online", () => look());
  if (!form) look();
} else if (!isBlank) {
  await lock("", "");
  clean();
}
