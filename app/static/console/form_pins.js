// Fields that stay for the next row: which ones a person pinned is remembered, their values only until the next form.
import { $, $$, keep } from "jg/dom";
import { put, taken } from "jg/fields";

const form = $("form[data-entry][data-mode=add]");
if (form) {
  const table = form.dataset.entry.split("/")[0];
  const pinsKey = `jg.pins.${form.dataset.person}.${table}`, carryKey = `jg.carry.${form.dataset.person}.${table}`;
  const read = (store, name) => { try { return JSON.parse(store.getItem(name)); } catch { return null; } };
  const pins = new Set(read(localStorage, pinsKey) ?? []);
  const show = (button) => {
    const on = pins.has(button.dataset.pin);
    button.setAttribute("aria-pressed", on);
    button.firstElementChild.className = `ti ti-${on ? "pinned-filled" : "pin"}`;
  };
  for (const button of $$("[data-pin]", form)) {
    show(button);
    button.addEventListener("click", () => {
      const name = button.dataset.pin;
      if (!pins.delete(name)) pins.add(name);
      keep(pinsKey, [...pins]);
      show(button);
    });
  }
  document.addEventListener("keydown", (event) => {           // Alt+K: the field one stands in
    const button = event.altKey && event.key.toLowerCase() === "k" && $("[data-pin]", document.activeElement?.closest("[data-field]") ?? document.createElement("i"));
    if (button) { event.preventDefault(); button.click(); }
  });
  form.addEventListener("submit", (event) => {
    if (event.defaultPrevented || !event.submitter?.matches("[data-save-next]")) return;
    try { sessionStorage.setItem(carryKey, JSON.stringify([...pins].map((name) => [name, taken(form, name)]))); } catch { /* private window */ }
  });
  const carried = read(sessionStorage, carryKey);
  if (carried && "fresh" in form.dataset) {
    try { sessionStorage.removeItem(carryKey); } catch { /* private window */ }
    for (const [name, pairs] of carried) if (pairs.length) put(form, name, pairs);
    delete form.dataset.dirty;
  }
}
