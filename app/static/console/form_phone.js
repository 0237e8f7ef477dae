// On a phone a group shows what must be filled in and what already holds something; the rest is one touch away.
import { $, $$ } from "jg/dom";

const form = $("form[data-entry]");
const narrow = matchMedia("(max-width: 767px)");
const holds = (field) => $$("input, select, textarea", field).some((each) => (["radio", "checkbox"].includes(each.type) ? each.checked : each.type !== "button" && each.name && each.value));
const spare = (field) => !$(".jg-must", field) && !holds(field) && !field.contains(document.activeElement) && !$("[aria-invalid=true]", field) && !$(".jg-advice:not([hidden])", field);

function fold(group) {
  const fields = $$("[data-field]", group), button = $("[data-more-fields]", group);
  if (!button) return;
  const shown = fields.filter((field) => !field.hidden && spare(field));
  for (const field of fields) field.classList.toggle("is-spare", shown.includes(field));
  button.hidden = !shown.length || group.classList.contains("is-whole");
  button.lastElementChild.textContent = button.dataset.tMore.replace("{n}", shown.length);
}
if (form) {
  const groups = $$("[data-group]", form);
  const all = () => { if (narrow.matches) groups.forEach(fold); };
  form.addEventListener("change", () => setTimeout(all));
  narrow.addEventListener("change", all);
  for (const button of $$("[data-more-fields]", form)) button.addEventListener("click", () => {
    const group = button.closest("[data-group]"), first = $(".is-spare", group);
    group.classList.add("is-whole");
    button.hidden = true;
    $("input, select, textarea", first)?.focus({ preventScroll: true });
  });
  form.addEventListener("jg:fold", all);
  document.addEventListener("click", (event) => {             // a jump to a folded field opens its group
    const link = event.target.closest?.("[data-jump]");
    if (link) document.getElementById(link.hash.slice(1))?.closest("[data-group]")?.classList.add("is-whole");
  }, { capture: true });
  all();
}
