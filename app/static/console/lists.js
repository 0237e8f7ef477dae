// Lists: the search card and the choice of rows.
import { $, $$, on } from "jg/dom";

// ---- search card -----------------------------------------------------------------------------------------------
on("click", "[data-more]", (_, button) => {
  const open = button.form.classList.toggle("is-open");
  button.setAttribute("aria-expanded", open);
});
on("submit", "form.jg-search", (event, form) => {           // short addresses: leave out what is empty
  const empty = $$("input[name], select[name]", form).filter((input) => input.value === "" && !input.disabled);
  for (const input of empty) input.disabled = true;
  setTimeout(() => { for (const input of empty) input.disabled = false; });
});

// ---- bulk selection --------------------------------------------------------------------------------------------
const boxes = () => $$("td.c-pick input");
const chosen = () => boxes().filter((box) => box.checked);
function count() {
  const n = chosen().length;
  const all = $("[data-pick-all]");
  if (all) { all.checked = n > 0 && n === boxes().length; all.indeterminate = n > 0 && n < boxes().length; }
  for (const place of $$("[data-picked-count]")) place.textContent = n;
  for (const button of $$("[data-bulk]")) button.disabled = n === 0;
  for (const box of boxes()) box.closest("tr").classList.toggle("is-picked", box.checked);
}
on("change", "[data-pick-all]", (_, all) => { for (const box of boxes()) box.checked = all.checked; count(); });
on("change", "td.c-pick input", count);
if ($("td.c-pick")) { count(); window.addEventListener("pageshow", count); }
