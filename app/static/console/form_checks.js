// What is wrong so far: the server judges with the rules it saves by; only fields that were touched are spoken of.
import { $, $$ } from "jg/dom";
import { helped } from "jg/blanks";
import { put, taken } from "jg/fields";

const form = $("form[data-check]");
const PAUSE = 700;
const touched = new Set($$("[aria-invalid=true]", form ?? document).map((control) => control.name || control.id?.slice(2)).filter(Boolean));
let timer = 0, running = null, shownTwins = "";

const nameOf = (target) => target.closest("[data-field]")?.dataset.field;
const box = (name) => $(`[data-field="${name}"]`, form);
function say(name, wrong, advice) {
  const field = box(name);
  if (!field) return;
  for (const [kind, texts] of [["err", wrong], ["advice", advice]]) {
    const place = document.getElementById(`f-${name}-${kind}`);
    const same = place.textContent === texts.join("");
    if (!same) place.replaceChildren(...texts.map((text) => Object.assign(document.createElement("div"), { textContent: text })));
    place.hidden = !texts.length;
  }
  const control = document.getElementById(`f-${name}`);
  const described = [wrong.length && `f-${name}-err`, advice.length && `f-${name}-advice`, document.getElementById(`f-${name}-help`) && `f-${name}-help`].filter(Boolean).join(" ");
  for (const each of [control, control?.tomselect?.control_input, control?.tomselect?.wrapper].filter(Boolean)) {
    each.classList.toggle("is-invalid", wrong.length > 0);
    if (wrong.length) each.setAttribute("aria-invalid", "true"); else each.removeAttribute("aria-invalid");
    if (described) each.setAttribute("aria-describedby", described); else each.removeAttribute("aria-describedby");
  }
  if (!wrong.length) for (const link of $$(`[data-errors] a[href="#f-${name}"]`)) link.closest("li").classList.add("is-mended");
}
// ---- what follows from a chosen row: it is put where nothing was typed by hand --------------------------------------
const values = (name) => JSON.stringify(taken(form, name).map(([value]) => value));
const ours = new Map();                                       // what stands there because the system put it there
let filling = [];
function fill(fills) {
  const labels = [];
  for (const [name, pairs] of Object.entries(fills ?? {})) {
    const field = box(name), now = field && values(name);
    const same = now === JSON.stringify(pairs.map(([value]) => String(value)).filter((value) => value !== ""));
    if (!field || same || (now !== "[]" && now !== ours.get(name))) continue;
    put(form, name, pairs);
    ours.set(name, values(name));
    field.dataset.filled = "";
    if (values(name) !== now) labels.push($(".form-label", field).textContent.replace("*", "").trim());
  }
  const told = $("[data-told]");
  if (labels.length) told.textContent = told.dataset.tFilled.replace("{labels}", labels.join(" "));
}
function show(html) {                                         // other lines than before
  const found = document.createElement("template");
  found.innerHTML = html;
  const card = found.content.firstElementChild, link = $('[data-group-link][href="#g-lines"]');
  $("[data-lines]", form).replaceWith(card);
  if (link) link.parentElement.hidden = card.hidden;
}
async function check() {
  running?.abort();
  running = new AbortController();
  const data = new FormData(form);
  data.delete("_files");
  data.set("_touched", [...touched].join(","));
  const asked = filling;
  for (const each of asked) data.append("_filling", each);
  const confirmed = $("input[name=_no_twin]:checked");
  try {
    const answer = await fetch(form.dataset.check, { method: "POST", body: data, signal: running.signal, redirect: "error", headers: { Accept: "application/json" } });
    if (!answer.ok) return;
    const told = await answer.json();
    filling = filling.filter((each) => !asked.includes(each));
    if (told.lines) show(told.lines);
    fill(told.fills);
    for (const name of touched) say(name, told.problems[name] ?? [], told.warnings[name] ?? []);
    for (const output of $$("[data-derived]", form)) output.textContent = told.derived[output.dataset.derived] || "—";
    const panel = $("[data-twins]");
    if (told.twins !== shownTwins && !(panel.contains(document.activeElement) && told.twins)) {
      shownTwins = told.twins;
      panel.innerHTML = told.twins;
      const again = $("input[name=_no_twin]", panel);
      if (again && confirmed && again.value === confirmed.value) again.checked = true;
      $("[data-twin-note]").hidden = told.twins === "";
    }
  } catch (error) {                                           // asked again meanwhile, or no line: then what is known of the row here
    const told = error.name !== "AbortError" && asked.length ? await helped(asked) : null;
    if (!told) return;                                        // saving says it all
    filling = filling.filter((each) => !asked.includes(each));
    if (told.lines && !told.lines.includes(`name="_lines_of" value="${form.elements._lines_of?.value}"`)) show(told.lines);
    fill(told.fills);
  }
}
const soon = (wait = PAUSE) => { clearTimeout(timer); timer = setTimeout(check, wait); };
if (form) {
  if ("fresh" in form.dataset && form.dataset.mode === "add") for (const field of $$("[data-field]", form)) if (values(field.dataset.field) !== "[]") ours.set(field.dataset.field, values(field.dataset.field));
  form.addEventListener("change", (event) => {
    const name = nameOf(event.target), chosen = event.target.dataset?.chosen ?? ("pick" in (event.target.dataset ?? {}) ? event.target.value : "");
    if (name && "fills" in event.target.dataset && chosen) {
      filling = [...filling.filter((each) => !each.startsWith(`${name}:`)), `${name}:${chosen}`];
      touched.add(name);
      soon(0);
    } else if (name) { touched.add(name); soon(200); } else if (event.target.closest("[data-line]")) soon(200);
  });
  form.addEventListener("input", (event) => {
    const name = nameOf(event.target);
    if (!name) return;
    if (event.target.matches("[data-code]") && event.target.value.length >= 15) touched.add(name);
    if (touched.has(name)) soon();
  });
  form.addEventListener("focusout", (event) => {              // a required field that was left empty
    const name = nameOf(event.target);
    if (name && event.target.required && !event.target.value && event.relatedTarget && !touched.has(name)) { touched.add(name); soon(200); }
  });
  form.addEventListener("submit", () => { clearTimeout(timer); running?.abort(); });
  if (form.dataset.mode === "edit" || "dirty" in form.dataset) soon(50);
}
