// Lists: the search card, the choice of rows and columns, the quick view, and finding back. Everything here makes a
// page quicker that works without it.
import { $, $$, on } from "jg/dom";
import * as fields from "jg/fields";

const list = $("[data-list]");

// ---- small menus: open on a click, close on Escape or a click elsewhere ----------------------------------------
const menus = "details[data-pop], details[data-multi]";
const openMenus = () => $$(menus).filter((menu) => menu.open);
document.addEventListener("click", (event) => { for (const menu of openMenus()) if (!menu.contains(event.target)) menu.open = false; });
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = event.target.closest?.(menus) ?? openMenus()[0];
  if (!menu?.open) return;
  menu.open = false;
  $("summary", menu).focus();
  event.preventDefault();
});
document.addEventListener("focusin", (event) => { for (const menu of openMenus()) if (!menu.contains(event.target)) menu.open = false; });
on("change", "[data-multi] input", (_, input) => {
  const menu = input.closest("[data-multi]");
  const texts = $$("input:checked + span", menu).map((span) => span.textContent);
  $("summary span", menu).textContent = texts.join(menu.dataset.comma) || menu.dataset.all;
});

// ---- search card -----------------------------------------------------------------------------------------------
on("click", "[data-more]", (_, button) => {
  const open = button.form.classList.toggle("is-open");
  button.setAttribute("aria-expanded", open);
});
on("submit", "form.jg-search", (event, form) => {           // short addresses: leave out what is empty
  const empty = $$("input[name], select[name]", form).filter((input) => input.value === "" && !input.disabled);
  const rows = $$("[data-condition]", form);
  const unused = rows.filter((row) => !$("[data-which]", row).value);
  for (const row of unused) empty.push(...$$("select, input", row).filter((input) => !input.disabled));
  if (unused.length === rows.length) empty.push(...$$("input[name=how]", form));
  for (const input of empty) input.disabled = true;
  setTimeout(() => { for (const input of empty) input.disabled = false; });
});
on("reset", "form.jg-search", () => setTimeout(() => { for (const one of $$("[data-multi] input")) one.dispatchEvent(new Event("change", { bubbles: true })); }));

// ---- condition builder: each row is printed by the server for the field that was chosen ------------------------
async function fresh(row, form) {
  const url = new URL(form.dataset.rowUrl, location.href);
  url.searchParams.set("n", row.dataset.condition);
  url.searchParams.set("w", $("[data-which]", row).value);
  url.searchParams.set("o", $("[data-how]", row).value);
  const failed = $("[data-condition-failed]", form);
  try {
    const answer = await fetch(url, { credentials: "same-origin" });
    if (!answer.ok) throw new Error(String(answer.status));
    const made = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-condition]");
    row.replaceWith(made);
    fields.pickers?.(made);
    fields.dates?.(made);
    failed.hidden = true;
    return made;
  } catch { failed.hidden = false; return row; }
}
on("change", "[data-which], [data-how]", async (_, select) => {
  const which = select.matches("[data-which]") ? "[data-which]" : "[data-how]";
  const made = await fresh(select.closest("[data-condition]"), select.form);
  $(which, made).focus();
});
on("click", "[data-condition-add]", async (_, button) => {
  const rows = $$("[data-condition]", button.form);
  const last = rows.at(-1).cloneNode(true);
  last.dataset.condition = Math.max(...rows.map((row) => Number(row.dataset.condition))) + 1;
  $("[data-which]", last).value = "";
  $("[data-conditions]", button.form).append(last);
  $("[data-which]", await fresh(last, button.form)).focus();
});
on("click", "[data-condition-remove]", async (_, button) => {
  const row = button.closest("[data-condition]");
  const form = button.form;
  if ($$("[data-condition]", form).length > 1) { row.remove(); $("[data-condition-add]", form).focus(); return; }
  $("[data-which]", row).value = "";
  $("[data-which]", await fresh(row, form)).focus();
});

// ---- bulk selection --------------------------------------------------------------------------------------------
const boxes = () => $$("td.c-pick input");
const every = () => $("input[name=all]", $("#bulk") ?? document.createElement("i"));
function count() {
  const all = boxes(), n = all.filter((box) => box.checked).length;
  const whole = $("[data-pick-all]"), bar = $("#bulk");
  if (whole) { whole.checked = n > 0 && n === all.length; whole.indeterminate = n > 0 && n < all.length; }
  const rest = Number(list.dataset.total) > all.length;
  if (every() && (n < all.length || !rest)) every().checked = false;
  const chosen = every()?.checked;
  bar.classList.toggle("is-on", n > 0);
  $("[data-all-rows]", bar).hidden = !(rest && n === all.length);
  for (const place of $$("[data-picked-count]", bar)) place.parentElement.hidden = chosen, place.textContent = n;
  for (const button of $$("[data-bulk]", bar)) button.disabled = n === 0;
  for (const box of all) box.closest("tr").classList.toggle("is-picked", box.checked);
}
let lastBox = null;
on("change", "[data-pick-all]", (_, whole) => { for (const box of boxes()) box.checked = whole.checked; count(); });
on("change", "#bulk input[name=all]", count);
on("change", "td.c-pick input", count);
on("click", "td.c-pick input", (event, box) => {              // with Shift: everything between the last box and this
  const all = boxes();
  if (event.shiftKey && lastBox) {
    const [from, to] = [all.indexOf(lastBox), all.indexOf(box)].sort((a, b) => a - b);
    for (const one of all.slice(from, to + 1)) one.checked = box.checked;
    count();
  }
  lastBox = box;
});
on("click", "[data-unpick]", () => { for (const box of boxes()) box.checked = false; count(); });
on("click", "[data-download]", (_, button) => setTimeout(() => {  // the page stays: the form may be sent again
  const form = button.form ?? button.closest("form");
  form?.classList.remove("is-sent");
  form?.removeAttribute("aria-busy");
}, 1500));
$("#row input[name=ask]")?.remove();                          // the dialog has asked already
if ($("#bulk")) { count(); window.addEventListener("pageshow", count); }

// ---- column chooser: drag, or the two buttons ------------------------------------------------------------------
for (const order of $$("[data-sortable]")) {
  const move = (item, down) => {
    const other = down ? item.nextElementSibling : item.previousElementSibling;
    if (other) down ? other.after(item) : other.before(item);
  };
  for (const item of $$("li", order)) {
    item.draggable = true;
    for (const [label, icon, down] of [[order.dataset.up, "arrow-up", false], [order.dataset.down, "arrow-down", true]]) {
      const button = Object.assign(document.createElement("button"), { type: "button", className: "jg-move", title: label });
      button.setAttribute("aria-label", `${label} ${item.textContent.trim()}`);
      button.innerHTML = `<i class="ti ti-${icon}" aria-hidden="true"></i>`;
      button.addEventListener("click", () => { move(item, down); button.focus(); });
      item.append(button);
    }
    item.addEventListener("keydown", (event) => {
      if (!event.altKey || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
      event.preventDefault();
      const focus = document.activeElement;
      move(item, event.key === "ArrowDown");
      focus.focus();
    });
    item.addEventListener("dragstart", (event) => { item.classList.add("is-dragged"); event.dataTransfer.effectAllowed = "move"; event.dataTransfer.setData("text/plain", ""); });
    item.addEventListener("dragend", () => item.classList.remove("is-dragged"));
  }
  order.addEventListener("dragover", (event) => {
    const dragged = $(".is-dragged", order), over = event.target.closest("li");
    if (!dragged) return;
    event.preventDefault();
    if (!over || over === dragged) return;
    const box = over.getBoundingClientRect();
    event.clientY > box.top + box.height / 2 ? over.after(dragged) : over.before(dragged);
  });
  order.addEventListener("drop", (event) => event.preventDefault());
}

// ---- rows by keyboard ------------------------------------------------------------------------------------------
const rows = () => $$("tbody tr[data-id]", list ?? document.createElement("i"));
const here = () => document.activeElement?.closest?.("tr[data-id]") ?? $("tr.is-here");
function go(row) {
  for (const other of $$("tr.is-here")) if (other !== row) other.classList.remove("is-here");
  if (!row) return;
  row.classList.add("is-here");
  const link = $("[data-row-link]", row) ?? $("td.c-name a", row) ?? $("td.c-act a", row);
  link?.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
}
const step = (by) => { const all = rows(), at = all.indexOf(here()); go(all[at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + by))]); };
const doing = {
  find: () => { const first = $("#s-q"); first?.focus(); first?.select(); },
  next: () => step(1),
  previous: () => step(-1),
  pick: () => { const box = here() && $("td.c-pick input", here()); if (box) { box.checked = !box.checked; count(); } },
  peek: () => { const row = here() ?? rows()[0]; if (row) peek(row); },
  edit: () => { const row = here(); if (row) $("[data-edit]", row)?.click(); },
};
on("click", "[data-do]", (_, button) => doing[button.dataset.do]?.());
on("focusin", "tr[data-id]", (_, row) => { for (const other of $$("tr.is-here")) if (other !== row) other.classList.remove("is-here"); row.classList.add("is-here"); });

// ---- quick view ------------------------------------------------------------------------------------------------
const panel = $("#peek");
let shown = null, asked = 0;
async function peek(row) {
  shown = row;
  const mine = ++asked, body = $(".jg-peek-body", panel), link = $("td.c-act a", row);
  for (const other of rows()) other.classList.toggle("is-here", other === row);
  $("#peek-title").textContent = $("td.c-name", row)?.textContent.trim() ?? "";
  $("[data-peek-open]", panel).href = link.href;
  for (const button of $$("[data-peek-step]", panel)) button.disabled = !rows()[rows().indexOf(row) + Number(button.dataset.peekStep)];
  body.textContent = panel.dataset.loading;
  if (!panel.open) panel.showModal();
  row.scrollIntoView({ block: "nearest" });
  try {
    const answer = await fetch(`${link.href}?fragment=1`, { credentials: "same-origin" });
    if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const main = page.querySelector("main");                  // a whole page: its cards are what is meant
    const parts = main ? [...main.querySelectorAll(".jg-group-card, .jg-key-dates")] : [...page.body.childNodes];
    if (mine !== asked) return;
    body.replaceChildren(...parts.map((part) => document.adoptNode(part)));
    for (const one of $$("[id]", body)) one.removeAttribute("id");
    body.scrollTop = 0;
  } catch { if (mine === asked) body.textContent = panel.dataset.failed; }
}
if (panel) {
  on("click", "[data-peek]", (_, button) => peek(button.closest("tr")));
  on("click", "[data-peek-step]", (_, button) => { const next = rows()[rows().indexOf(shown) + Number(button.dataset.peekStep)]; if (next) peek(next); });
  on("click", "[data-peek-close]", () => panel.close());
  panel.addEventListener("click", (event) => { if (event.target === panel) panel.close(); });
  panel.addEventListener("keydown", (event) => {
    const by = { ArrowDown: 1, ArrowRight: 1, j: 1, ArrowUp: -1, ArrowLeft: -1, k: -1 }[event.key];
    if (!by || event.target.closest("input, select, textarea")) return;
    event.preventDefault();
    event.stopPropagation();
    const next = rows()[rows().indexOf(shown) + by];
    if (next) peek(next);
  });
  panel.addEventListener("close", () => { go(shown); $("[data-peek]", shown)?.focus({ preventScroll: true }); });
}

// ---- what has the focus comes out from under the frozen columns: the browser takes it for visible there --------
on("focusin", ".jg-scroll :is(th, td):not(.c-pick, .c-no, .c-act, .c-name) :is(a, button, input)", (_, target) => {
  const frozen = $$(".c-pick, .c-no, .c-act, .c-name", target.closest("tr")).filter((cell) => getComputedStyle(cell).position === "sticky");
  const edge = Math.max(0, ...frozen.map((cell) => cell.getBoundingClientRect().right));
  const under = edge - target.getBoundingClientRect().left;
  if (frozen.length && under > 0) target.closest(".jg-scroll").scrollLeft -= under + 8;
});

// ---- finding back: a list is as it was left when one returns to it from a record -------------------------------
const memory = { get: (key) => { try { return JSON.parse(sessionStorage.getItem(key)); } catch { return null; } },
  set: (key, value) => { try { sessionStorage.setItem(key, JSON.stringify(value)); } catch { /* private window */ } } };
const back = (path) => memory.get(`jg.list.${path}`);
if (list) {
  const address = location.pathname + location.search, known = back(location.pathname);
  const leave = () => memory.set(`jg.list.${location.pathname}`, { address, top: scrollY, left: $(".jg-scroll")?.scrollLeft ?? 0, row: here()?.dataset.id ?? null });
  if (known?.address === address && (known.returning || performance.getEntriesByType("navigation")[0]?.type === "back_forward")) {
    const row = known.row && $(`tr[data-id="${CSS.escape(known.row)}"]`);
    if (row) go(row);
    $(".jg-scroll")?.scrollTo(known.left, $(".jg-scroll").scrollTop);
    scrollTo(0, known.top);
  }
  leave();
  window.addEventListener("pagehide", leave);
  on("click", "tr[data-id] a", (_, link) => { go(link.closest("tr")); leave(); });
} else {
  for (const link of $$(".jg-crumbs a, .jg-head a, form a, a[data-list-url], a[data-back]")) {  // the way back to a list leads to the list as it was
    const url = new URL(link.href, location.href);
    const known = url.origin === location.origin && back(url.pathname);
    if (!known || (url.search && url.pathname + url.search !== known.address)) continue;
    link.href = known.address;
    link.addEventListener("click", () => memory.set(`jg.list.${url.pathname}`, { ...known, returning: true }));
  }
}
