// Keyboard shortcuts: the frame's own, and whatever the page declares.
// <div hidden data-key="n" data-key-label="新增" data-key-for="#add"></div>: the key activates data-key-for, or the element itself.
// A key is one sign ("n"), two after one another ("g n"), or with modifiers ("Ctrl+S"); the last also works while typing.
import { $, $$ } from "jg/dom";

const dialog = $("#keys");
const shown = (element) => Boolean(element && !element.disabled && element.getClientRects().length);
const isTold = (element) => shown(targetOf(element)) || (!element.dataset.keyFor && !element.matches("a, button, input"));   // or handled elsewhere
const targetOf = (element) => (element.dataset.keyFor ? $(element.dataset.keyFor) : element);
function act(element) {
  if (element.matches("input:not([type=checkbox], [type=radio], [type=submit]), textarea, select")) { element.focus(); element.select?.(); } else element.click();
}
const focus = (selector) => { const box = $(selector); if (box?.offsetParent) { box.focus(); box.select?.(); } return Boolean(box?.offsetParent); };
const OWN = {
  "/": () => focus("#find") || $(".jg-find-link")?.click(),
  "g h": () => $(".jg-brand a, .jg-name")?.click(),
  "g l": () => $("a[data-list-url]")?.click(),
  "g m": () => focus("[data-menu-find]") || $(".jg-burger")?.click(),
  "?": help,
};
function help() {
  if (!dialog || dialog.open) return;
  const list = $("dl[data-keys-here]", dialog);
  const declared = $$("[data-key][data-key-label]").filter(isTold);
  list.replaceChildren(...declared.map((element) => {
    const row = document.createElement("div");
    const keys = row.appendChild(document.createElement("dt"));
    for (const part of element.dataset.key.split(" ")) {
      if (keys.childNodes.length) keys.append(" ");
      keys.appendChild(document.createElement("kbd")).textContent = part;
    }
    row.appendChild(document.createElement("dd")).textContent = element.dataset.keyLabel;
    return row;
  }));
  for (const part of $$("[data-keys-here]", dialog)) part.hidden = declared.length === 0;
  dialog.showModal();
}

const pressed = (event) => [event.ctrlKey || event.metaKey ? "Ctrl" : "", event.altKey ? "Alt" : "", event.shiftKey && event.key.length > 1 ? "Shift" : "", event.key.length === 1 ? event.key.toUpperCase() : event.key].filter(Boolean).join("+");
let before = "";
let since = 0;
document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || ["Shift", "Control", "Alt", "Meta", "Process"].includes(event.key)) return;
  const open = $("dialog[open]");
  const declared = $$("[data-key]").filter((element) => !open || open.contains(element));
  const find = (key, same) => declared.find((element) => same(element.dataset.key, key) && shown(targetOf(element)));
  if (event.ctrlKey || event.metaKey || event.altKey) {
    const element = find(pressed(event), (one, other) => one.toLowerCase() === other.toLowerCase());
    if (element) { event.preventDefault(); act(targetOf(element)); }
    return;
  }
  if (event.target.closest?.("input, textarea, select, [contenteditable], .ts-control") || event.key.length !== 1) return;
  const two = before && event.timeStamp - since < 1500 ? `${before} ${event.key}` : "";
  const own = open ? {} : OWN;
  for (const key of [two, event.key].filter(Boolean)) {
    const element = find(key, (one, other) => one === other);
    if (element || own[key]) {
      event.preventDefault();
      before = "";
      if (element) act(targetOf(element)); else own[key]();
      return;
    }
  }
  before = event.key;
  since = event.timeStamp;
});
