// The search box of the console: a list opens below it while one types; arrows, Enter and Esc, as WAI-ARIA's combobox says.
// Binds to every form[data-suggest="/address"]; without scripts the form simply leads to the page of results.
import { $, $$, words } from "jg/dom";

const PAUSE = 160;
let number = 0;

const element = (tag, options = {}, ...inside) => {
  const made = Object.assign(document.createElement(tag), options);
  made.append(...inside);
  return made;
};

function bind(form) {
  const box = $('input[name="q"]', form);
  if (!box || box.getAttribute("role") === "combobox") return;
  const id = `suggest-${++number}`;
  const list = element("div", { id, className: "jg-suggest", hidden: true });
  const told = element("div", { className: "visually-hidden" });
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", box.getAttribute("aria-label") || box.placeholder || form.getAttribute("aria-label") || "");
  told.setAttribute("role", "status");
  for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-controls": id, "aria-expanded": "false", autocomplete: "off" })) box.setAttribute(name, value);
  form.classList.add("jg-suggesting");
  form.append(list, told);
  let timer, asked, marked = -1;

  const choices = () => $$('[role="option"]', list);
  const close = () => {
    list.hidden = true;
    marked = -1;
    box.setAttribute("aria-expanded", "false");
    box.removeAttribute("aria-activedescendant");
  };
  const open = () => {
    list.hidden = false;
    box.setAttribute("aria-expanded", "true");
  };
  const mark = (place) => {
    const all = choices();
    if (!all.length) return;
    marked = (place + all.length) % all.length;
    all.forEach((each, at) => each.setAttribute("aria-selected", String(at === marked)));
    all[marked].scrollIntoView({ block: "nearest" });
    box.setAttribute("aria-activedescendant", all[marked].id);
  };
  const say = (text) => {
    list.replaceChildren(element("p", { className: "jg-suggest-note", textContent: text }));
    told.textContent = text;
    open();
  };
  const show = (groups) => {
    let count = 0;
    list.replaceChildren(...groups.map((group, at) => {
      const label = element("div", { className: "jg-suggest-label", id: `${id}-g${at}`, textContent: group.label });
      const items = group.items.map((item) => {
        const link = element("a", { href: item.url, id: `${id}-o${count++}`, tabIndex: -1 }, element("span", { textContent: item.text }));
        if (item.hint) link.append(element("small", { textContent: item.hint }));
        link.setAttribute("role", "option");
        link.setAttribute("aria-selected", "false");
        return link;
      });
      const part = element("div", {}, label, ...items);
      part.setAttribute("role", "group");
      part.setAttribute("aria-labelledby", label.id);
      return part;
    }));
    marked = -1;
    box.removeAttribute("aria-activedescendant");
    if (!count) return say(words.tNone || "");
    told.textContent = `${count}`;
    open();
  };
  const ask = async () => {
    const q = box.value.trim();
    asked?.abort();
    if (!q) return close();
    asked = new AbortController();
    const { signal } = asked;
    try {
      const answer = await fetch(`${form.dataset.suggest}?${new URLSearchParams({ q })}`, { signal, headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(answer.status);
      const { groups } = await answer.json();
      if (!signal.aborted && document.activeElement === box) show(groups);
    } catch (error) {
      if (error.name !== "AbortError") say(words.tFailed || "");
    }
  };

  let composing = false; // an input method is at work: what stands in the box are letters of a word to come
  box.addEventListener("compositionstart", () => { composing = true; clearTimeout(timer); });
  box.addEventListener("compositionend", () => { composing = false; ask(); });
  box.addEventListener("input", () => {
    if (composing) return;
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE);
  });
  box.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) return void ask();
      mark(event.key === "ArrowDown" ? marked + 1 : marked < 0 ? -1 : marked - 1);
    } else if (event.key === "Enter" && !list.hidden && marked >= 0) {
      event.preventDefault();
      choices()[marked].click();
    } else if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      event.stopPropagation();
      close();
    } else if (event.key === "Tab") {
      close();
    }
  });
  form.addEventListener("submit", (event) => {
    clearTimeout(timer);
    asked?.abort();
    if (!box.value.trim()) event.preventDefault();
  });
  list.addEventListener("mousedown", (event) => event.preventDefault()); // the box keeps the focus
  box.addEventListener("blur", () => setTimeout(close, 120));
}

const look = new URL("suggest.css", import.meta.url).href;
if (!$('link[href*="console/suggest.css"]')) document.head.append(element("link", { rel: "stylesheet", href: look }));
$$("form[data-suggest]").forEach(bind);
