// On every page: what this device still keeps for its reader is told, and forgotten when it was saved or he signs out.
import { $, on, words } from "jg/dom";
import { forget, kept } from "jg/device";

const saved = /(?:^|; )jg_saved=([^;]+)/.exec(document.cookie)?.[1];
if (saved && words.me) {                                                  // the server has the row: the copy is not needed any more
  document.cookie = "jg_saved=; Max-Age=0; path=/; SameSite=Lax";
  words.saved = decodeURIComponent(saved.replaceAll('"', ""));            // told at once: the next form of that table reads its shelf soon
  await forget(words.me, words.saved);
}
on("submit", "form[action*='/logout']", async (event, form) => {   // the next person at this device finds nothing of this one
  if (event.defaultPrevented) return;
  event.preventDefault();
  if ((await kept(words.me)).length && !confirm(words.tUnsent)) { form.classList.remove("is-sent"); form.removeAttribute("aria-busy"); return; }
  for (const open of document.querySelectorAll("form[data-guard]")) delete open.dataset.dirty;
  await forget();
  try { for (const key of Object.keys(localStorage)) if (key.startsWith("jg.recent.")) localStorage.removeItem(key); } catch { /* private window */ }
  try { for (const name of await caches.keys()) await caches.delete(name); } catch { /* none */ }
  form.submit();
});
const place = $("[data-kept-here]");
if (place && words.me) {
  const open = $("form[data-entry]")?.dataset.entry;
  const found = (await kept(words.me)).filter((each) => each.entry !== open);
  for (const each of found) place.lastElementChild.append(" ", Object.assign(document.createElement("a"), { href: each.url, textContent: each.label }));
  place.hidden = !found.length;
}
