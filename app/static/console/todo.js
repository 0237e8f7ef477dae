// To-dos: the bell of the top bar, usual phrases of an opinion. What is asked for here is nobody's doing: it does not
// keep a session alive (X-Unattended).
import { $, $$, on } from "jg/dom";

// ---- usual phrases ---------------------------------------------------------------------------------------------
on("click", "[data-phrase^='#']", (_, button) => {
  const place = $(button.dataset.phrase);
  if (!place) return;
  const said = place.value.trim();
  place.value = said ? `${said}${button.textContent}` : button.textContent;
  place.dispatchEvent(new Event("input", { bubbles: true }));
  place.focus();
});

// ---- the bell: asked once a minute, by whichever page is looked at. Its mark tells at once; the bar of an urgent notice
// stands on a page from its beginning or comes with the next one: nothing moves under a hand that is about to press -----
const bells = $$("[data-bell]");
const KEY = `jg.bell.${document.body.dataset.me}`, EVERY = 60;
const known = () => { try { return JSON.parse(sessionStorage.getItem(KEY)); } catch { return null; } };
const keep = (told) => { try { sessionStorage.setItem(KEY, JSON.stringify(told)); } catch { /* private window */ } };
const forget = () => { try { sessionStorage.removeItem(KEY); } catch { /* private window */ } };
const bar = $("#bell-bar");
function mark(told) {
  for (const bell of bells) {
    const badge = $("[data-bell-mark]", bell);
    badge.hidden = !told.unread;
    badge.textContent = told.unread > 99 ? "99+" : told.unread;
    badge.className = `jg-badge ${told.urgent ? "jg-bad" : "jg-info"}`;
    bell.title = told.urgent?.text ?? (told.unread ? bell.dataset.tUnread.replace("{n}", told.unread) : bell.dataset.tNone);
  }
}
function raise(told) {
  if (!bar || !told.urgent || told.seen === told.urgent.id) return;
  bar.hidden = false;
  $("[data-bell-text]", bar).textContent = told.urgent.text;
  $("form", bar).action = `${bar.dataset.notices}${told.urgent.id}/open`;
}
async function ask() {
  const before = known();
  try {
    const answer = await fetch(bells[0].dataset.bell, { headers: { "X-Unattended": "1" }, credentials: "same-origin", redirect: "manual" });
    if (!answer.ok) return;
    const told = { ...(await answer.json()), at: Date.now(), seen: before?.seen ?? null };
    keep(told);
    mark(told);
  } catch { /* the next one may come through */ }
}
const next = () => setTimeout(async () => { if (!document.hidden) await ask(); next(); }, EVERY * 1000);
if (bells.length) {
  const before = known();
  if (before) { mark(before); raise(before); }
  const stale = !before || Date.now() - before.at > EVERY * 1000 || /^\/(notices|todo)\//.test(location.pathname);
  if (stale) ask();
  next();
  on("click", "[data-bell-later]", () => { const now = known(); if (now?.urgent) keep({ ...now, seen: now.urgent.id }); bar.hidden = true; });
  on("submit", "form", (_, form) => { if (bar && form.getAttribute("action")?.startsWith(bar.dataset.notices)) forget(); });
}
