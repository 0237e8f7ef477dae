// Texts beside which rows are offered while one types (WAI-ARIA combobox): choosing one fills what follows from it.
// <input data-offers="/subject/pick">: Enter or a click chooses, Tab leaves what was typed, Esc closes.
import { $, $$, words } from "jg/dom";
import { asked } from "jg/fields";

const PAUSE = 160;
let number = 0;
const made = (tag, options = {}, ...inside) => { const each = Object.assign(document.createElement(tag), options); each.append(...inside); return each; };

function bind(box) {
  const id = `offers-${++number}`;
  const list = made("div", { id, className: "jg-offers", hidden: true });
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", $(`label[for="${box.id}"]`)?.textContent.trim() ?? "");
  for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-controls": id, "aria-expanded": "false" })) box.setAttribute(name, value);
  const holder = made("div", { className: "jg-offering" }), isHere = document.activeElement === box;
  box.replaceWith(holder);
  holder.append(box, list);
  if (isHere) box.focus({ preventScroll: true });             // the form begins here, and moving the box lost it
  let timer = 0, marked = -1, composing = false, items = [];

  const options = () => $$("[role=option]:not([aria-disabled])", list);
  const close = () => {
    clearTimeout(timer);
    list.hidden = true;
    marked = -1;
    box.setAttribute("aria-expanded", "false");
    box.removeAttribute("aria-activedescendant");
  };
  const mark = (place) => {
    const all = options();
    if (!all.length) return;
    marked = (place + all.length) % all.length;
    all.forEach((each, at) => each.setAttribute("aria-selected", String(at === marked)));
    all[marked].scrollIntoView({ block: "nearest" });
    box.setAttribute("aria-activedescendant", all[marked].id);
  };
  const show = (found) => {
    items = found;
    list.replaceChildren(...found.map((item, at) => {
      const option = made("div", { id: `${id}-${at}` }, made("span", { textContent: item.text }));
      if (item.hint) option.append(made("small", { textContent: item.hint }));
      option.setAttribute("role", "option");
      option.dataset.at = at;
      return option;
    }));
    list.hidden = !found.length;
    box.setAttribute("aria-expanded", String(found.length > 0));
    marked = -1;
    if (found.length) mark(0);
  };
  const ask = async () => {
    const q = box.value.trim();
    if (!q) return close();
    try {
      const found = await asked(box.dataset.offers, { q });
      if (box.value.trim() === q && document.activeElement === box) show(found.slice(0, 8));
    } catch { close(); }                                      // a text needs no offers
  };
  const choose = (at) => {
    const item = items[at];
    close();
    if (!item) return;
    box.value = item.text;
    box.dataset.chosen = item.value;
    box.dispatchEvent(new Event("change", { bubbles: true }));
    delete box.dataset.chosen;
  };
  box.addEventListener("compositionstart", () => { composing = true; clearTimeout(timer); });
  box.addEventListener("compositionend", () => { composing = false; ask(); });
  box.addEventListener("input", () => { if (!composing) { clearTimeout(timer); timer = setTimeout(ask, PAUSE); } });
  box.addEventListener("keydown", (event) => {
    if (event.isComposing || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) ask(); else mark(event.key === "ArrowDown" ? marked + 1 : marked - 1);
    } else if (event.key === "Enter" && !list.hidden && marked >= 0) {
      event.preventDefault();
      choose(marked);
    } else if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      event.stopPropagation();
      close();
    } else if (event.key === "Tab") close();
  });
  list.addEventListener("mousedown", (event) => event.preventDefault());      // the box keeps the focus
  list.addEventListener("click", (event) => { const option = event.target.closest("[role=option]"); if (option) choose(Number(option.dataset.at)); });
  box.addEventListener("blur", () => setTimeout(close, 120));
}
$$("form[data-entry] input[data-offers]").forEach(bind);
