// What is wrong so far: the server judges with the rules it saves by; only fields that were touched are spoken of.
import { $, $$ } from "jg/dom";

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
async function check() {
  running?.abort();
  running = new AbortController();
  const data = new FormData(form);
  data.delete("_files");
  data.set("_touched", [...touched].join(","));
  const confirmed = $("input[name=_no_twin]:checked");
  try {
    const answer = await fetch(form.dataset.check, { method: "POST", body: data, signal: running.signal, redirect: "error", headers: { Accept: "application/json" } });
    if (!answer.ok) return;
    const told = await answer.json();
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
  } catch { /* no line, or asked again meanwhile: saving says it all */ }
}
const soon = (wait = PAUSE) => { clearTimeout(timer); timer = setTimeout(check, wait); };
if (form) {
  form.addEventListener("change", (event) => { const name = nameOf(event.target); if (name) { touched.add(name); soon(200); } });
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
