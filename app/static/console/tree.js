// Choosing from a tree (departments, regions): a dialog that starts at one's own unit, by mouse or keys (WAI-ARIA tree).
import { $, $$ } from "jg/dom";
import { asked } from "jg/fields";

const dialog = $("#tree");
const list = $("[data-tree-list]", dialog ?? document), search = $("[data-tree-search]", dialog ?? document), note = $("[data-tree-note]", dialog ?? document);
let input = null, many = false, chosen = new Map(), timer = 0, typed = "", typedAt = 0;

const rows = () => $$("[role=treeitem]", list).filter((item) => !item.parentElement.closest("[aria-expanded=false]"));
const opener = (item) => item.hasAttribute("aria-expanded");
function stand(item) {                                        // the one item that Tab reaches
  for (const each of $$("[tabindex='0']", list)) each.tabIndex = -1;
  if (item) item.tabIndex = 0;
}
function focus(item) { if (item) { stand(item); item.focus(); $(".jg-tree-row", item).scrollIntoView({ block: "nearest" }); } }
function made(told, level) {
  const item = document.createElement("li");
  item.setAttribute("role", "treeitem");
  item.setAttribute("aria-level", level);
  item.setAttribute("aria-selected", chosen.has(String(told.value)));
  item.tabIndex = -1;
  item.dataset.value = told.value;
  item.dataset.text = told.text;
  if (told.has_children) item.setAttribute("aria-expanded", "false");
  const row = Object.assign(document.createElement("span"), { className: "jg-tree-row" });
  row.style.setProperty("--level", level);
  row.innerHTML = '<i class="ti ti-chevron-right jg-tree-turn" aria-hidden="true"></i><span></span><small></small><i class="ti ti-check" aria-hidden="true"></i>';
  $("span", row).textContent = told.text;
  $("small", row).textContent = told.hint ?? "";
  item.append(row);
  item.setAttribute("aria-label", [told.text, told.hint].filter(Boolean).join(" "));
  return item;
}
async function fill(parent, address, parameters, level) {
  note.textContent = dialog.dataset.tLoading;
  try {
    const items = await asked(address, parameters);
    parent.replaceChildren(...items.map((told) => made(told, level)));
    note.textContent = items.length ? "" : dialog.dataset.tNone;
    return items.length;
  } catch { note.textContent = dialog.dataset.tFailed; return 0; }
}
async function open(item) {
  if (!opener(item) || item.getAttribute("aria-expanded") === "true") return;
  let group = $("[role=group]", item);
  if (!group) {
    group = document.createElement("ul");
    group.setAttribute("role", "group");
    item.append(group);
    await fill(group, input.dataset.tree, { under: item.dataset.value }, Number(item.getAttribute("aria-level")) + 1);
  }
  item.setAttribute("aria-expanded", "true");
}
const shut = (item) => item.setAttribute("aria-expanded", "false");
async function start() {
  await fill(list, input.dataset.tree, {}, 1);
  const first = rows()[0];
  if (first) { stand(first); await open(first); }            // one's own unit comes first, with what is below it
}
function mark() { for (const item of $$("[role=treeitem]", list)) item.setAttribute("aria-selected", chosen.has(item.dataset.value)); }
function choose(item, done) {
  const { value, text } = item.dataset;
  if (many) { if (!chosen.delete(value)) chosen.set(value, text); } else chosen = new Map([[value, text]]);
  mark();
  if (done && !many) finish();
}
function finish() {
  const select = input.tomselect;
  for (const [value, text] of chosen) select.addOption({ value, text });
  select.setValue([...chosen.keys()]);
  dialog.close("ok");
}
function show(from, title) {
  input = from;
  many = "many" in input.dataset;
  chosen = new Map(input.tomselect.items.map((value) => [value, input.tomselect.options[value]?.text ?? value]));
  $("#tree-title span").textContent = title;
  list.setAttribute("aria-multiselectable", many);
  search.value = "";
  dialog.showModal();
  start().then(() => { if (document.activeElement === search && !search.value) focus(rows().find((item) => chosen.has(item.dataset.value)) ?? rows()[0]); });
  search.focus();
}
async function key(event) {
  const item = event.target.closest("[role=treeitem]");
  if (!item) return;
  const all = rows(), at = all.indexOf(item);
  const act = {
    ArrowDown: () => focus(all[at + 1]),
    ArrowUp: () => focus(all[at - 1] ?? search) ?? (at === 0 && search.focus()),
    Home: () => focus(all[0]),
    End: () => focus(all.at(-1)),
    ArrowRight: async () => { if (item.getAttribute("aria-expanded") === "true") focus($("[role=treeitem]", item)); else await open(item); },
    ArrowLeft: () => { if (item.getAttribute("aria-expanded") === "true") shut(item); else focus(item.parentElement.closest("[role=treeitem]")); },
    Enter: () => (many ? (choose(item), finish()) : choose(item, true)),
    " ": () => choose(item, false),
  }[event.key];
  if (act) { event.preventDefault(); event.stopPropagation(); await act(); return; }
  if (event.key.length === 1 && !event.ctrlKey && !event.altKey && !event.metaKey) {   // the next item that begins so
    typed = Date.now() - typedAt > 700 ? event.key : typed + event.key;
    typedAt = Date.now();
    focus([...all.slice(at + (typed.length === 1 ? 1 : 0)), ...all.slice(0, at)].find((each) => each.dataset.text.toLowerCase().startsWith(typed.toLowerCase())));
  }
}
if (dialog) {
  for (const each of $$("[data-tree]")) {
    if (!each.tomselect) continue;
    const label = each.tomselect.control_input.getAttribute("aria-label") ?? "";
    const button = Object.assign(document.createElement("button"), { type: "button", className: "jg-tree-open", title: dialog.dataset.tOpen });
    button.setAttribute("aria-label", `${dialog.dataset.tOpen} ${label}`);
    button.setAttribute("aria-haspopup", "dialog");
    button.innerHTML = '<i class="ti ti-sitemap" aria-hidden="true"></i>';
    each.tomselect.wrapper.classList.add("has-tree");
    each.tomselect.wrapper.after(button);
    button.addEventListener("click", () => show(each, label));
  }
  list.addEventListener("keydown", key);
  list.addEventListener("click", (event) => {
    const item = event.target.closest("[role=treeitem]");
    if (!item) return;
    focus(item);
    if (event.target.closest(".jg-tree-turn") && opener(item)) { if (item.getAttribute("aria-expanded") === "true") shut(item); else open(item); } else choose(item, false);
  });
  list.addEventListener("dblclick", (event) => { const item = event.target.closest("[role=treeitem]"); if (item) { chosen.delete(item.dataset.value); choose(item, true); } });
  search.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => (search.value.trim() ? fill(list, input.dataset.pick, { q: search.value.trim() }, 1).then(() => stand(rows()[0])) : start()), 250);
  });
  search.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "Enter") { event.preventDefault(); focus(rows()[0]); }
  });
  $("[data-tree-ok]", dialog).addEventListener("click", finish);
  dialog.addEventListener("close", () => { input.parentElement && $(".jg-tree-open", input.parentElement)?.focus(); });
}
