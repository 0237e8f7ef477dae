// Forms: fields that depend on others, what was typed and not saved, one sending for a double click.
import { $, $$, on } from "jg/dom";

// ---- forms -----------------------------------------------------------------------------------------------------
function conditions(form) {                                   // fields that exist only for some values of another field
  const dependent = $$("[data-when]", form);
  const update = () => {
    for (const box of dependent) {
      const now = new FormData(form).getAll(box.dataset.when);
      const fits = JSON.parse(box.dataset.values).some((value) => now.includes(String(value)));
      box.hidden = !fits;
      for (const input of $$("input, select, textarea", box)) if (!input.closest(".ts-control")) input.disabled = !fits;
    }
  };
  if (dependent.length) { form.addEventListener("change", update); update(); }
}
for (const form of $$("form")) conditions(form);
for (const form of $$("form[data-guard]")) {
  let dirty = "dirty" in form.dataset;
  form.addEventListener("input", () => { dirty = true; });
  form.addEventListener("change", () => { dirty = true; });
  form.addEventListener("submit", () => { dirty = false; });
  window.addEventListener("beforeunload", (event) => { if (dirty) event.preventDefault(); });
}
on("submit", "form[method=post]", (event, form) => {          // a double click sends once
  if (form.classList.contains("is-sent")) { event.preventDefault(); return; }
  form.classList.add("is-sent");
  form.setAttribute("aria-busy", "true");
});
window.addEventListener("pageshow", (event) => {
  if (event.persisted) for (const form of $$("form.is-sent")) { form.classList.remove("is-sent"); form.removeAttribute("aria-busy"); }
});
on("click", "[data-jump]", (event, link) => {
  const field = $(`[id="${link.hash.slice(1)}"]`);
  if (!field) return;
  event.preventDefault();
  field.closest(".jg-field")?.scrollIntoView({ block: "center" });
  (field.tomselect ?? field.querySelector("input") ?? field).focus();
});
const grow = (area) => { area.rows = Math.min(12, Math.max(3, area.value.split("\n").length + 1)); };
on("input", "textarea[data-grow]", (_, area) => grow(area));
$$("textarea[data-grow]").forEach(grow);
$("[data-focus]")?.focus();
