// The panel of a workflow: a usual sentence goes into the opinion; a move that needs a reason asks for it at once.
import { $, $$ } from "jg/dom";

for (const form of $$("[data-flow]")) {
  const opinion = $("[name=_opinion]", form);
  for (const button of $$("[data-phrase]", form)) {
    button.addEventListener("click", () => {
      opinion.value = button.textContent;
      opinion.setCustomValidity("");
      opinion.focus();
    });
  }
  opinion?.addEventListener("input", () => opinion.setCustomValidity(""));
  form.addEventListener("submit", (event) => {
    const asks = event.submitter?.dataset.needsReason;
    if (!asks || opinion.value.trim()) return;
    event.preventDefault();
    opinion.setCustomValidity(asks);
    opinion.reportValidity();
    opinion.focus();
  });
}
