// Choosing many from a tree: a heading chooses everything below it, and shows whether all, some or none is chosen.
import { $, $$, on } from "jg/dom";

const form = $("[data-claim]");
const boxes = (place) => $$("input[name=item], input[name=ids]", place);
const below = (all) => all.closest(".jg-claim-main, table") ?? form;

function count() {
  $("[data-claim-count]", form).textContent = boxes(form).filter((box) => box.checked).length;
  for (const all of $$("[data-claim-all]", form)) {
    const mine = boxes(below(all)), chosen = mine.filter((box) => box.checked).length;
    all.checked = chosen > 0 && chosen === mine.length;
    all.indeterminate = chosen > 0 && chosen < mine.length;
  }
}
function choose(which, is) { for (const box of which) box.checked = is; count(); }

if ($("[data-claim-count]", form ?? document)) {
  on("change", "[data-claim-all]", (_, all) => choose(boxes(below(all)), all.checked));
  on("change", "[data-claim] input[name=item], [data-claim] input[name=ids]", count);
  on("click", "[data-claim-advised]", () => choose($$("input[data-advised]", form), true));
  on("click", "[data-claim-none]", () => choose(boxes(form), false));
  count();
}
