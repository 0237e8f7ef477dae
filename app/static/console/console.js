// What every page of the console needs, bound by data attributes. Pages read and submit without it.
import { $, $$, keep, on } from "jg/dom";

const root = document.documentElement;

// ---- theme, messages, print --------------------------------------------------------------------------------------
const THEMES = ["light", "dark", "auto"];
const tellTheme = () => {
  for (const button of $$("[data-theme-toggle]")) {
    const text = button.dataset[root.dataset.theme] ?? "";
    button.title = text;
    button.setAttribute("aria-label", text);
    $(".ti", button).className = `ti ti-${{ light: "sun", dark: "moon", auto: "contrast" }[root.dataset.theme]}`;
  }
};
on("click", "[data-theme-toggle]", () => {
  keep("jg.theme", THEMES[(THEMES.indexOf(root.dataset.theme) + 1) % THEMES.length]);
  document.dispatchEvent(new Event("jg:theme-choice"));
});
document.addEventListener("jg:theme", tellTheme);
tellTheme();
on("click", "[data-dismiss]", (_, button) => button.parentElement.remove());
on("click", "[data-print]", () => window.print());
on("click", "[data-open]", (_, button) => $(button.dataset.open)?.showModal());
on("click", "dialog", (event, dialog) => { if (event.target === dialog && "light" in dialog.dataset) dialog.close(); });

// ---- filter of rows that stand on the page: dictionary, help -----------------------------------------------------
on("input", "[data-filter]", (_, input) => {
  const words = input.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
  let left = 0;
  for (const part of $$("[data-filter-part]")) {
    let shown = 0;
    for (const row of $$("[data-filter-text]", part)) {
      const fits = words.every((word) => row.dataset.filterText.toLowerCase().includes(word));
      row.hidden = !fits;
      shown += fits;
    }
    part.hidden = shown === 0;
    left += shown;
    if (part.tagName === "DETAILS") part.open = words.length > 0 && shown > 0;
  }
  const none = $("[data-filter-none]");
  if (none) none.hidden = left > 0;
});

// ---- previous and next record, back to the list as it was left -----------------------------------------------------
const trail = (() => { try { return JSON.parse(sessionStorage.getItem("jg.trail")) ?? {}; } catch { return {}; } })();
const listed = $$("td.c-name a[href*='/show/'], td.c-act a[href*='/show/']").map((link) => link.pathname);
if (/\/list\/$/.test(location.pathname)) {
  try { sessionStorage.setItem("jg.trail", JSON.stringify({ list: location.pathname + location.search, rows: [...new Set(listed)] })); } catch { /* private window */ }
} else if (trail.list && location.pathname.split("/")[1] === trail.list.split("/")[1]) {
  for (const link of $$("a[data-list-url]")) link.href = trail.list;
  const here = trail.rows.indexOf(location.pathname);
  for (const link of here < 0 ? [] : $$("a[data-step]")) {
    const to = trail.rows[here + Number(link.dataset.step)];
    link.hidden = !to;
    if (to) link.href = to;
  }
}

// ---- confirmation ----------------------------------------------------------------------------------------------
const dialog = $("#confirm");
let confirmed = null;
on("click", "button[data-confirm]", (event, button) => {
  if (confirmed === button) { confirmed = null; return; }
  event.preventDefault();
  $("#confirm-text").textContent = button.dataset.confirm;
  const counted = "counted" in button.dataset;
  $("#confirm-count").hidden = !counted;
  if (counted) $("#confirm-count b").textContent = $$("td.c-pick input:checked").length;
  dialog.returnValue = "";
  dialog.onclose = () => {
    if (dialog.returnValue === "ok") { confirmed = button; button.click(); } else button.focus();
  };
  dialog.showModal();
  $("button[value=ok]", dialog).focus();
});
