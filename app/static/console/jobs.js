// Jobs: bars that move by themselves, the mark in the top bar, parts of a page that are fetched anew.
// What is asked for here is nobody's doing: it does not keep a session alive (X-Unattended).
import { $, $$ } from "jg/dom";

const ask = (url) => fetch(url, { headers: { "X-Unattended": "1" }, credentials: "same-origin", redirect: "manual" });
// A session that has ended is asked to sign in again.
const isGone = (answer) => answer.type === "opaqueredirect" || answer.status === 401;
const later = (act, seconds) => setTimeout(() => (document.hidden ? later(act, seconds) : act()), seconds * 1000);

// ---- bars ----------------------------------------------------------------------------------------------------------
const draw = (box, job) => {
  const tell = (name, text) => { const part = $(`[data-job-${name}]`, box); if (part && part.textContent !== text) part.textContent = text; };
  const label = $("[data-job-label]", box);
  if (label) label.className = `jg-badge jg-${job.tone}`;
  tell("label", job.label);
  tell("percent", job.percent === null ? "" : `${job.percent}%`);
  tell("count", job.count);
  tell("took", job.took);
  tell("message", job.message);
  const bar = $("progress", box);
  if (!bar) return;
  if (job.state === "waiting") bar.value = 0;
  else if (job.percent === null) bar.removeAttribute("value");
  else bar.value = job.percent;
};
const follow = (box, misses = 0) => later(async () => {
  try {
    const answer = await ask(box.dataset.jobUrl ?? `/jobs/${box.dataset.job}.json`);
    if (isGone(answer)) { location.reload(); return; }
    if (answer.status === 404) return;  // somebody else's
    if (!answer.ok) throw new Error(answer.status);
    const job = await answer.json();
    draw(box, job);
    if (job.active) { follow(box); return; }
    box.dispatchEvent(new CustomEvent("jg:job", { bubbles: true, detail: job }));
    if (box.dataset.jobThen === "url" && job.state === "done" && job.url) location.assign(job.url);
    else if (box.dataset.jobThen !== "stay") location.reload();
  } catch { follow(box, misses + 1); }
}, Math.min(30, 1 + misses * 2));
for (const box of $$("[data-job]")) if (box.dataset.active !== "") follow(box);

// ---- the mark in the top bar -----------------------------------------------------------------------------------------
const marks = $$("[data-jobs-mark]");
const watch = () => later(async () => {
  try {
    const answer = await ask(marks[0].dataset.jobsMark);
    if (!answer.ok) return;
    const { active } = await answer.json();
    for (const mark of marks) {
      if (active < Number(mark.dataset.count)) { mark.className = "jg-badge jg-good"; mark.title = mark.dataset.tEnded; }
      mark.textContent = active || "✓";
      mark.dataset.count = active;
    }
    if (active) watch();
  } catch { watch(); }
}, 5);
if (marks.length) watch();

// ---- parts of a page that are fetched anew -----------------------------------------------------------------------------
for (const part of $$("[data-refresh]")) {
  const again = () => later(async () => {
    try {
      const answer = await ask(location.href);
      if (!answer.ok) return;
      const fresh = $("[data-refresh]", new DOMParser().parseFromString(await answer.text(), "text/html"));
      const inUse = part.contains(document.activeElement) || $("dialog[open]");
      if (fresh && !inUse && fresh.innerHTML !== part.innerHTML) part.innerHTML = fresh.innerHTML;
    } catch { /* the next one may come through */ }
    again();
  }, Number(part.dataset.refresh));
  again();
}
