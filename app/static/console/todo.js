// To-dos: usual phrases of an opinion, the tab that is looked at.
import { $, on } from "jg/dom";

on("click", "[data-phrase^='#']", (_, button) => {
  const place = $(button.dataset.phrase);
  if (!place) return;
  const said = place.value.trim();
  place.value = said ? `${said}${button.textContent}` : button.textContent;
  place.dispatchEvent(new Event("input", { bubbles: true }));
  place.focus();
});

$(".jg-desk [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });
