// What every page of the console needs, bound by data attributes. Pages read and submit without it.
import { $, $$, keep, on } from "jg/dom";

const root = document.documentElement;

// ---- menu, theme, messages -------------------------------------------------------------------------------------
const groups = $$("details[data-menu]");
for (const group of groups) {
  group.addEventListener("toggle", () => keep("jg.menu", Object.fromEntries(groups.map((g) => [g.dataset.menu, g.open]))));
}
$(".jg-side [aria-current]")?.scrollIntoView({ block: "nearest" });
on("click", "[data-fold]", () => keep("jg.folded", root.classList.toggle("is-folded")));
on("click", "[data-theme-toggle]", () => {
  root.dataset.bsTheme = root.dataset.bsTheme === "dark" ? "light" : "dark";
  keep("jg.theme", root.dataset.bsTheme);
  document.dispatchEvent(new Event("jg:theme"));
});
on("click", "[data-dismiss]", (_, button) => button.parentElement.remove());
on("click", "[data-print]", () => window.print());
const menu = (open) => {
  root.classList.toggle("is-menu", open);
  if (open) $(".jg-close")?.focus(); else $(".jg-burger")?.focus();
};
on("click", ".jg-burger", (event) => { event.preventDefault(); menu(true); });
on("click", ".jg-close, .jg-shade", (event) => { event.preventDefault(); menu(false); });
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && root.classList.contains("is-menu")) menu(false);
});

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
