// Lines of a child table in a form, and choices by figure: 1 is the first choice, and the next line comes by itself.
import { $, $$ } from "jg/dom";

const form = $("form[data-entry]");
const lines = () => $$("[data-lines] [data-line]", form);
const isDone = (line) => Boolean($("input[type=radio]:checked", line));
function count() {
  const told = $("[data-lines-left]", form), left = lines().filter((line) => !isDone(line)).length;
  if (told && lines().length) told.textContent = left ? told.dataset.tLeft.replace("{n}", left) : told.dataset.tDone;
}
function choose(radio) {
  radio.checked = true;
  radio.focus();
  radio.dispatchEvent(new Event("change", { bubbles: true }));
}
if (form) {
  form.addEventListener("change", (event) => {
    const line = event.target.closest("[data-line]");
    if (line) line.classList.toggle("is-open", Boolean($("input[data-opens]:checked", line)));
    if (line) count();
  });
  form.addEventListener("keydown", (event) => {
    if (!/^[1-9]$/.test(event.key) || event.ctrlKey || event.altKey || event.metaKey || event.target.type !== "radio") return;
    const group = event.target.closest(".jg-radios"), wanted = $$("input[type=radio]", group)[Number(event.key) - 1];
    if (!wanted) return;
    event.preventDefault();
    choose(wanted);
    const line = group.closest("[data-line]");
    if (!line) return;
    const next = "opens" in wanted.dataset ? $("textarea", line) : $("input[type=radio]:checked, input[type=radio]", lines()[lines().indexOf(line) + 1] ?? document.createElement("i")) ?? $("[data-save]", form);
    next?.focus();
  });
  form.addEventListener("click", (event) => {
    if (!event.target.closest("[data-lines-rest]")) return;
    for (const line of lines().filter((each) => !isDone(each))) {
      const first = $("input[type=radio]", line);
      first.checked = true;
      first.dispatchEvent(new Event("change", { bubbles: true }));
    }
    $("[data-save]", form).focus();
  });
  count();
}
