// The menu: folding, its drawer on narrow screens, its filter, and the pages this person used last.
import { $, $$, keep, on, words } from "jg/dom";

const root = document.documentElement;
const groups = $$("details[data-menu]");
for (const group of groups) {
  group.addEventListener("toggle", () => { if (!filter?.value) keep("jg.menu", Object.fromEntries(groups.map((g) => [g.dataset.menu, g.open]))); });
}
$(".jg-side [aria-current]")?.scrollIntoView({ block: "nearest" });
on("click", "[data-fold]", () => keep("jg.folded", root.classList.toggle("is-folded")));

// ---- drawer ------------------------------------------------------------------------------------------------------
const drawer = (open) => {
  root.classList.toggle("is-menu", open);
  if (open) $(".jg-close")?.focus(); else $(".jg-burger")?.focus();
};
on("click", ".jg-burger", (event) => { event.preventDefault(); drawer(true); });
on("click", ".jg-close, .jg-shade", (event) => { event.preventDefault(); drawer(false); });
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && root.classList.contains("is-menu")) drawer(false);
});

// ---- recently used: five pages, remembered in this browser for this person ---------------------------------------
const RECENT = `jg.recent.${words.me}`;
const used = (() => { try { return JSON.parse(localStorage.getItem(RECENT)) ?? []; } catch { return []; } })();
const links = $$("#menu-nav a").filter((link) => !link.closest("[data-recent]"));
const here = links.find((link) => link.hasAttribute("aria-current"));
const allowed = used.filter((path) => links.some((link) => link.pathname === path));
const box = $("[data-recent]");
if (box && allowed.length) {
  for (const path of allowed.slice(0, 5)) {
    const item = document.createElement("li");
    const link = item.appendChild(document.createElement("a"));
    link.href = path;
    link.textContent = links.find((each) => each.pathname === path).textContent.trim();
    $("ul", box).append(item);
  }
  box.hidden = false;
  const kept = (() => { try { return JSON.parse(localStorage.getItem("jg.menu")) ?? {}; } catch { return {}; } })();
  box.open = kept.recent ?? true;
}
if (here) keep(RECENT, [here.pathname, ...allowed.filter((path) => path !== here.pathname)].slice(0, 6));

// ---- filter ------------------------------------------------------------------------------------------------------
const filter = $("[data-menu-find]");
const wasOpen = new Map();
filter?.addEventListener("input", () => {
  const wanted = filter.value.trim().toLowerCase();
  let left = 0;
  for (const group of $$("#menu-nav > details:not([data-recent]), #menu-nav > .jg-single")) {
    const items = group.matches("details") ? $$("li", group) : [group];
    const named = wanted && $("summary", group)?.textContent.toLowerCase().includes(wanted);
    let shown = 0;
    for (const item of items) {
      const fits = named || item.textContent.toLowerCase().includes(wanted);
      item.hidden = !fits;
      shown += fits;
    }
    group.hidden = shown === 0;
    left += shown;
    if (group.matches("details")) {
      if (!wasOpen.has(group)) wasOpen.set(group, group.open);
      group.open = wanted ? shown > 0 : wasOpen.get(group);
      if (!wanted) wasOpen.delete(group);
    }
  }
  if (box) box.hidden = Boolean(wanted) || !allowed.length;
  $("[data-menu-none]").hidden = left > 0;
});
filter?.addEventListener("keydown", (event) => {
  const first = links.find((link) => link.offsetParent);
  if (event.key === "Enter" && filter.value.trim() && first) { event.preventDefault(); first.click(); }
  if (event.key === "ArrowDown" && first) { event.preventDefault(); first.focus(); }
  if (event.key === "Escape") { filter.value = ""; filter.dispatchEvent(new Event("input")); }
});
