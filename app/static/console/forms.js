// Forms: fields that depend on others, keys, jumps to errors, both versions of a conflict, one sending for a double click.
import { $, $$, on } from "jg/dom";
import { focusable, put, taken } from "jg/fields";

// ---- fields that exist only for some values of another field -----------------------------------------------------
function conditions(form) {
  const dependent = $$("[data-when]", form);
  const update = () => {
    const now = new FormData(form);
    for (const box of dependent) {
      const given = now.getAll(box.dataset.when);
      const fits = JSON.parse(box.dataset.values).some((value) => given.includes(String(value)));
      box.hidden = !fits;
      for (const input of $$("input, select, textarea", box)) if (!input.closest(".ts-control")) input.disabled = !fits;
    }
    for (const group of $$("[data-group]", form)) {           // a group of which nothing applies is not there
      const fields = $$("[data-field]", group);
      group.hidden = fields.length > 0 && fields.every((field) => field.hidden) && !$("[data-derived]", group);
      const link = $(`[data-group-link][href="#${group.getAttribute("aria-labelledby")}"]`);
      if (link) link.parentElement.hidden = group.hidden;
    }
  };
  if (dependent.length) { form.addEventListener("change", update); update(); }
}
for (const form of $$("form")) conditions(form);

// ---- what was typed and kept nowhere yet -------------------------------------------------------------------------
for (const form of $$("form[data-guard]")) {
  for (const type of ["input", "change"]) form.addEventListener(type, () => { form.dataset.dirty = ""; });
  document.addEventListener("submit", (event) => { if (event.target.method === "post" && !event.defaultPrevented && !event.target.matches(".jg-away")) delete form.dataset.dirty; });
  window.addEventListener("beforeunload", (event) => { if ("dirty" in form.dataset) event.preventDefault(); });
}
on("submit", "form[method=post]", (event, form) => {          // a double click sends once
  if (form.classList.contains("is-sent")) { event.preventDefault(); return; }
  if (event.defaultPrevented) return;
  form.classList.add("is-sent");
  form.setAttribute("aria-busy", "true");
});
window.addEventListener("pageshow", (event) => {
  if (event.persisted) for (const form of $$("form.is-sent")) { form.classList.remove("is-sent"); form.removeAttribute("aria-busy"); }
});

// ---- jumps and focus ---------------------------------------------------------------------------------------------
const calm = matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth";
function go(id) {
  const field = document.getElementById(id);
  if (!field) return false;
  (field.closest(".jg-field") ?? field).scrollIntoView({ block: "center" });
  focusable(field).focus();
  if (field.tomselect) quiet(field.tomselect);
  return true;
}
function quiet(select) {                                      // the message beside a picker is read before its choices open
  const shut = () => { select.off("load", shut); setTimeout(() => select.close()); };
  if (select.wrapper.classList.contains("preloaded") && !select.loading) setTimeout(() => select.close()); else select.on("load", shut);
}
on("click", "[data-jump]", (event, link) => { if (go(link.hash.slice(1))) event.preventDefault(); });
const grow = (area) => { area.rows = Math.min(12, Math.max(3, area.value.split("\n").length + 1)); };
on("input", "textarea[data-grow]", (_, area) => grow(area));
$$("textarea[data-grow]").forEach(grow);
const entry = $("form[data-entry]");
if (entry) requestAnimationFrame(() => {                      // first what must be decided, then the first error
  const decide = $("[data-conflict]") ?? $("[data-twins] .jg-twins");
  const first = $("[data-errors] a[data-jump]");
  if (decide) { decide.focus(); decide.scrollIntoView({ block: "start" }); }
  else if (first) go(first.hash.slice(1));
  else if ($("[data-errors]")) $("[data-errors]").focus();
  else if (entry.dataset.mode === "add" && "fresh" in entry.dataset && $("[data-draft-offer]").hidden && !matchMedia("(pointer: coarse)").matches) {
    const empty = $$(".jg-field [required]", entry).find((field) => !field.closest("[hidden]") && !field.value && field.matches(".form-control:not([data-pick])"));
    if (empty && !document.activeElement?.closest("main")) empty.focus({ preventScroll: true });
  }
});

// ---- groups: the list of them follows what is read ---------------------------------------------------------------
const links = $$("[data-group-link]");
const shown = () => $$("[data-group]:not([hidden])");
const here = () => {
  const groups = shown();
  const top = ($(".jg-groups")?.getBoundingClientRect().bottom ?? 60) + 8;
  if (innerHeight + scrollY >= document.documentElement.scrollHeight - 2 && scrollY > 0) return groups.length - 1;
  return Math.max(0, groups.findLastIndex((group) => group.getBoundingClientRect().top <= top + 40));
};
if (links.length) {
  const mark = () => {
    const now = here();
    for (const [number, link] of links.filter((each) => !each.parentElement.hidden).entries()) {
      if (number === now && !link.hasAttribute("aria-current")) {
        link.setAttribute("aria-current", "true");
        const row = link.closest("ol");
        row.scrollTo({ left: link.parentElement.offsetLeft - row.clientWidth / 2 + link.clientWidth / 2, behavior: calm });
      } else if (number !== now) link.removeAttribute("aria-current");
    }
  };
  let waiting = false;
  addEventListener("scroll", () => { if (!waiting) { waiting = true; requestAnimationFrame(() => { waiting = false; mark(); }); } }, { passive: true });
  mark();
}
function enter(group) {                                       // the first control of a group
  group.scrollIntoView({ block: "start", behavior: calm });
  const field = $$(".jg-field:not([hidden]) [id^='f-']", group).find((each) => /^f-[^-]*$/.test(each.id)) ?? $("input[type=file]", group) ?? $("h2", group);
  focusable(field).focus({ preventScroll: true });
  if (field.tomselect) quiet(field.tomselect);
}
on("click", "[data-group-link]", (event, link) => {
  const group = document.getElementById(link.hash.slice(1))?.closest("[data-group]");
  if (group) { event.preventDefault(); enter(group); }
});

// ---- keys --------------------------------------------------------------------------------------------------------
const steps = () => $$("input, select, textarea, button", entry).filter((each) => !each.disabled && each.tabIndex >= 0 && each.type !== "hidden" && each.offsetParent);
document.addEventListener("keydown", (event) => {
  if (!entry || event.isComposing || event.defaultPrevented || $("dialog[open]")) return;
  const alone = event.key === "Enter" && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s") {
    event.preventDefault();
    document.activeElement?.blur();                           // what was typed last counts
    entry.requestSubmit($("[data-save]", entry));
  } else if ((event.ctrlKey || event.metaKey) && event.key === "Enter") {
    event.preventDefault();
    document.activeElement?.blur();
    entry.requestSubmit((event.shiftKey && $("[data-save-next]", entry)) || $("[data-save]", entry));
  } else if (event.altKey && event.key === "Enter") {         // on to what is still to be filled in, past what is there
    event.preventDefault();
    const boxes = $$("[data-field], [data-line]", entry).filter((each) => each.offsetParent), now = boxes.indexOf(document.activeElement?.closest("[data-field], [data-line]"));
    const left = [...boxes.slice(now + 1), ...boxes.slice(0, now + 1)].filter((each) => (each.matches("[data-line]") ? !$("input:checked", each) : $(".jg-must", each) && !taken(entry, each.dataset.field).length));
    const next = !left[0] ? $("[data-save]", entry) : left[0].matches("[data-line]") ? $("input[type=radio]", left[0]) : focusable(document.getElementById(`f-${left[0].dataset.field}`));
    next.focus();
  } else if (event.altKey && (event.key === "ArrowDown" || event.key === "ArrowUp") && $("[data-group]")) {
    event.preventDefault();
    const groups = shown();
    const inside = groups.indexOf(document.activeElement?.closest("[data-group]"));
    const now = inside >= 0 ? inside : here();
    enter(groups[Math.min(groups.length - 1, Math.max(0, now + (event.key === "ArrowDown" ? 1 : -1)))]);
  } else if (alone && entry.contains(event.target) && event.target.matches("input:not([type=submit], [type=file]), select") && !event.defaultPrevented) {
    event.preventDefault();                                   // Enter goes on to the next field; saving is meant by Ctrl
    const all = steps().filter((each) => !each.matches(".jg-pin, .jg-cal, .jg-tree-open"));
    const radio = event.target.type === "radio" ? event.target.name : null;
    const next = all.slice(all.indexOf(event.target) + 1).find((each) => !radio || each.name !== radio);
    next?.focus();
  }
});

// ---- both versions of a conflict: the field shows what is chosen -------------------------------------------------
const conflict = $("[data-conflict]");
if (conflict && entry) {
  let choosing = false;
  const choose = (row) => {
    const side = $("input:checked", row)?.value;
    choosing = true;
    if (side) put(entry, row.dataset.conflictField, JSON.parse(row.dataset[side]));
    choosing = false;
  };
  const rows = $$("[data-conflict-field]", conflict);
  conflict.addEventListener("change", (event) => choose(event.target.closest("[data-conflict-field]")));
  for (const row of rows) if ($("input[value=stored]", row).checked) choose(row);
  entry.addEventListener("change", (event) => {               // typing below decides for what was typed
    const row = !choosing && rows.find((each) => each.dataset.conflictField === event.target.name);
    if (row) $("input[value=mine]", row).checked = true;
  });
}
