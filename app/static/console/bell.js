// Directly behind its bar and before it is painted: an urgent notice stands on a page from its beginning or comes with the
// next one, so nothing moves under a hand that is about to press. The first page has it from the server, the others from
// what is known; whichever page is looked at asks once a minute, and the mark in the top bar tells at once. What is asked
// for here is nobody's doing: it does not keep a session alive (X-Unattended).
(() => {
  const bar = document.getElementById("bell-bar"), bells = document.querySelectorAll("[data-bell]");
  const KEY = `jg.bell.${document.body.dataset.me}`, EVERY = 60;
  const known = () => { try { return JSON.parse(sessionStorage.getItem(KEY)); } catch { return null; } };
  const keep = (told) => { try { sessionStorage.setItem(KEY, JSON.stringify(told)); } catch { /* private window */ } };
  const forget = () => { try { sessionStorage.removeItem(KEY); } catch { /* private window */ } };

  function mark(told) {
    for (const bell of bells) {
      const badge = bell.querySelector("[data-bell-mark]");
      badge.hidden = !told.unread;
      badge.textContent = told.unread > 99 ? "99+" : told.unread;
      badge.className = `jg-badge ${told.urgent ? "jg-bad" : "jg-info"}`;
      bell.title = told.urgent?.text ?? (told.unread ? bell.dataset.tUnread.replace("{n}", told.unread) : bell.dataset.tNone);
    }
  }
  function heard(told) {
    const all = { ...told, at: Date.now(), seen: known()?.seen ?? null };
    keep(all);
    mark(all);
    return all;
  }
  function stand(told) {
    bar.hidden = !told.urgent || told.seen === told.urgent.id;
    if (bar.hidden) return;
    bar.querySelector("[data-bell-text]").textContent = told.urgent.text;
    bar.querySelector("form").action = `${bar.dataset.notices}${told.urgent.id}/open`;
  }
  async function ask() {
    try {
      const answer = await fetch(bells[0].dataset.bell, { headers: { "X-Unattended": "1" }, credentials: "same-origin", redirect: "manual" });
      if (answer.ok) heard(await answer.json());
    } catch { /* the next one may come through */ }
  }

  const given = bar.dataset.told ? heard(JSON.parse(bar.dataset.told)) : known();
  if (given) { mark(given); stand(given); }
  if (!given || Date.now() - given.at > EVERY * 1000 || /^\/(notices|todo)\//.test(location.pathname)) ask();
  const next = () => setTimeout(async () => { if (!document.hidden) await ask(); next(); }, EVERY * 1000);
  next();
  bar.querySelector("[data-bell-later]").addEventListener("click", () => {
    const now = known();
    if (now?.urgent) keep({ ...now, seen: now.urgent.id });
    bar.hidden = true;
  });
  document.addEventListener("submit", (event) => {
    if (event.target.getAttribute("action")?.startsWith(bar.dataset.notices)) forget();
  });
})();
