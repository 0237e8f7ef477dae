// Controls of forms and search cards: pickers, dates, numbers, codes; and putting values into them.
import { $, $$, keep, words } from "jg/dom";
import { offered } from "jg/blanks";

const half = (text) => text.replace(/[\uff01-\uff5e]/g, (c) => String.fromCharCode(c.charCodeAt(0) - 0xfee0)).replace(/\u3000/g, " ");
const changed = (input) => input.dispatchEvent(new Event("change", { bubbles: true }));

// ---- pickers ---------------------------------------------------------------------------------------------------
const RECENT = 5;
const person = $("form[data-person]")?.dataset.person;
const recentKey = (input) => `jg.recent.${person}.${input.dataset.pick}`;
function recents(input) {                                     // what this person chose here lately
  if (!person) return [];
  try { return JSON.parse(localStorage.getItem(recentKey(input))) ?? []; } catch { return []; }
}
function remember(input, item) {
  if (!person || !item) return;
  const others = recents(input).filter((each) => each.value !== item.value);
  keep(recentKey(input), [{ value: item.value, text: item.text, hint: item.hint ?? "" }, ...others].slice(0, RECENT));
}
const sets = (input) => JSON.parse(input.dataset.usual || "[]").map((each, at) => ({ value: `set:${at}`, text: each.text, hint: input.dataset.tUsual, recent: true, set: each.rows }));
export async function asked(address, parameters) {            // what a picker or a tree offers; throws when it cannot
  const url = new URL(address, location.href);
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  try {
    const answer = await fetch(url, { headers: { Accept: "application/json" }, credentials: "same-origin", redirect: "error" });
    if (!answer.ok) throw new Error(String(answer.status));
    return (await answer.json()).items;
  } catch (error) {                                           // without a line: what was offered lately
    const items = await offered(address, parameters);
    if (!items) throw error;
    return items;
  }
}
export function pickers(from = document) {
  if (!window.TomSelect) return;
  const render = {
    option: (item, escape) => `<div>${item.recent ? '<i class="ti ti-history" aria-hidden="true"></i> ' : ""}${escape(item.text)}${item.hint ? `<small>${escape(item.hint)}</small>` : ""}</div>`,
    no_results: () => `<div class="no-results" role="option" aria-disabled="true">${words.tNone}</div>`,
    loading: () => `<div class="no-results" role="option" aria-disabled="true">${words.tLoading}</div>`,
  };
  for (const input of $$("[data-pick]:not(.tomselected)", from)) {
    const many = "many" in input.dataset, usual = sets(input);
    const picked = JSON.parse(input.dataset.picked || "[]").map(([value, text]) => ({ value: String(value), text: String(text ?? value) }));
    const known = new Set(picked.map((item) => item.value));
    for (const value of input.value.split(",")) if (value && !known.has(value)) picked.push({ value, text: value });
    const select = new TomSelect(input, {
      valueField: "value", labelField: "text", searchField: ["text", "hint"], options: picked, items: picked.map((item) => item.value),
      maxItems: many ? null : 1, create: false, preload: "focus", loadThrottle: 250, maxOptions: 50, closeAfterSelect: !many, refreshThrottle: 0,
      score: () => () => 1,                                   // the server has already chosen and ordered
      plugins: many ? { remove_button: { title: words.tRemove } } : { clear_button: { title: words.tRemove } },
      shouldLoad: () => true,
      async load(text, done) {
        select.settings.render.no_results = render.no_results;
        select.dropdown_content.setAttribute("aria-busy", "true");
        try {
          const items = await asked(input.dataset.pick, { q: text });
          if (text !== this.inputValue()) return done([]);    // the answer to an older question
          const late = text ? [] : recents(input).map((item) => ({ ...item, recent: true }));
          const shown = new Set(late.map((item) => item.value));
          this.clearOptions();
          done([...(text || this.items.length ? [] : usual), ...late, ...items.filter((item) => !shown.has(String(item.value)))]);
        } catch { done([]); select.settings.render.no_results = () => `<div class="no-results" role="option" aria-disabled="true">${words.tFailed}</div>`; }
        select.dropdown_content.removeAttribute("aria-busy");
      },
      onItemAdd(value) {
        const set = this.options[value]?.set;
        if (set) {                                            // rows that were chosen together before
          this.removeItem(value, true);
          for (const [key, title] of set) { this.addOption({ value: key, text: title }); this.addItem(key); }
          this.close();
          return;
        }
        if (document.activeElement === this.control_input) remember(input, this.options[value]);
        if (many) { this.setTextboxValue(""); this.refreshOptions(false); }
      },
      render,
    });
    dressed(input, select);
  }
  for (const input of $$("select[data-select]:not(.tomselected), select.my_select2:not(.tomselected)", from)) {
    dressed(input, new TomSelect(input, { maxOptions: 500, refreshThrottle: 0, plugins: input.multiple ? { remove_button: { title: words.tRemove } } : {}, render }));
  }
}
function dressed(input, select) {                             // what screen readers need from the replaced control
  input.setAttribute("aria-hidden", "true");
  const label = $(`label[for="${select.control_input.id}"]`) ?? $(`label[for="${input.id}"]`) ?? $(`#${CSS.escape(input.id)}-label`);
  if (label) select.control_input.setAttribute("aria-label", label.textContent.replace(/^\s*\*/, "").trim());
  for (const name of ["aria-describedby", "aria-invalid", "aria-required"]) {
    if (input.hasAttribute(name)) select.control_input.setAttribute(name, input.getAttribute(name));
  }
}

// ---- dates: typed 2024.1.5, 20240105, 2024年1月5日, or picked ------------------------------------------------------
export function day(text) {
  const plain = half(text).trim();
  const match = /^(\d{4})(\d{2})(\d{2})$/.exec(plain) ?? /^(\d{4})\s*[-./年．。]\s*(\d{1,2})\s*[-./月．。]\s*(\d{1,2})\s*日?$/.exec(plain);
  if (!match) return null;
  const [year, month, date] = match.slice(1).map(Number);
  const real = new Date(Date.UTC(year, month - 1, date));
  return year >= 1000 && real.getUTCMonth() === month - 1 && real.getUTCDate() === date ? real.toISOString().slice(0, 10) : null;
}
export function moment(text) {                                // a day, with or without the time of day
  const match = /^(.+?)(?:[\sT日]\s*(\d{1,2})\s*[:时点]\s*(\d{1,2})\s*(?:[:分]\s*(\d{1,2})?\s*秒?)?)?$/.exec(half(text).trim());
  const read = match && day(match[2] && text.includes("日") && !match[1].includes("日") ? `${match[1]}日` : match[1]);
  if (!read || match[2] === undefined) return read;
  const [hour, minute, second] = [match[2], match[3], match[4] ?? 0].map(Number);
  const two = (number) => String(number).padStart(2, "0");
  return hour < 24 && minute < 60 && second < 60 ? `${read} ${two(hour)}:${two(minute)}:${two(second)}` : null;
}
function dates(from = document) {
  if (matchMedia("(pointer: coarse)").matches) return;        // a phone's own wheel is better
  for (const input of $$("input[type=date][data-day], input[type=datetime-local][data-moment]", from)) {
    const timed = "moment" in input.dataset, read = timed ? moment : day;
    const value = input.getAttribute("value") ?? "";          // also what a date field itself would not show
    const native = input.cloneNode();
    for (const name of ["id", "name", "required", "aria-describedby", "aria-required", "aria-invalid", "data-day", "data-moment", "value"]) native.removeAttribute(name);
    Object.assign(native, { className: "jg-native", tabIndex: -1 });
    native.setAttribute("aria-hidden", "true");
    input.type = "text";
    Object.assign(input, { value, placeholder: input.placeholder || (timed ? "yyyy-mm-dd hh:mm" : "yyyy-mm-dd"), inputMode: "numeric", maxLength: 30 });
    const button = Object.assign(document.createElement("button"), { type: "button", className: "jg-cal", title: words.tDay });
    button.setAttribute("aria-label", words.tDay);
    button.innerHTML = '<i class="ti ti-calendar" aria-hidden="true"></i>';
    const box = Object.assign(document.createElement("span"), { className: "jg-day" });
    input.replaceWith(box);
    box.append(input, button, native);
    button.addEventListener("click", () => { native.value = (read(input.value) ?? "").replace(" ", "T"); native.showPicker(); });
    native.addEventListener("change", () => { input.value = native.value.replace("T", " "); changed(input); });
    input.addEventListener("change", () => {
      const found = read(input.value);
      if (found) input.value = found;
      const wrong = input.value !== "" && !found;
      input.classList.toggle("is-invalid", wrong);
      input.title = wrong ? words.tBadDay : "";
    });
  }
}

// ---- numbers with separators, codes in plain capitals -------------------------------------------------------------
const bare = (text) => half(text).replace(/[\s,，元￥¥]/g, "");
const grouped = (text) => (/^-?\d+(\.\d*)?$/.test(text) ? text.replace(/^-?\d+/, (whole) => whole.replace(/\B(?=(\d{3})+$)/g, ",")) : text);
function numbers(from = document) {
  for (const input of $$("input[data-number]", from)) {
    const show = () => { input.value = input.dataset.number === "money" ? grouped(bare(input.value)) : bare(input.value); };
    input.addEventListener("focus", () => { input.value = bare(input.value); });
    input.addEventListener("blur", show);
    input.addEventListener("change", show);
    input.form?.addEventListener("formdata", (event) => { if (event.formData.has(input.name)) event.formData.set(input.name, bare(input.value)); });
    if (input.value) show();
  }
  for (const input of $$("input[data-code]", from)) {
    input.addEventListener("change", () => { if (!input.value.includes("*")) input.value = half(input.value).replace(/\s+/g, "").toUpperCase(); });
  }
}

// ---- values in and out, as [[value, text], …] ---------------------------------------------------------------------
export function taken(form, name) {
  const control = form.elements[name];
  if (!control) return [];
  if (control.tomselect) return control.tomselect.items.map((value) => [value, control.tomselect.options[value]?.text ?? value]);
  const parts = control instanceof RadioNodeList ? [...control] : [control];
  return parts.filter((part) => !["radio", "checkbox"].includes(part.type) || part.checked).filter((part) => part.value !== "").map((part) => [part.value, part.value]);
}
export function put(form, name, pairs) {
  const control = form.elements[name], values = pairs.map(([value]) => String(value)).filter((value) => value !== "");
  if (!control) return;
  if (control.tomselect) {
    for (const [value, text] of pairs) if (value !== "") control.tomselect.addOption({ value: String(value), text: String(text || value) });
    control.tomselect.setValue(values);
    return;
  }
  const parts = control instanceof RadioNodeList ? [...control] : [control];
  if (["radio", "checkbox"].includes(parts[0].type)) for (const part of parts) part.checked = values.includes(part.value);
  else parts[0].value = values[0] ?? "";
  changed(parts[0]);
}
export const focusable = (box) => box.tomselect ?? (box.matches("input, select, textarea") ? box : $("input:checked, input, select, textarea", box)) ?? box;

pickers();
dates();
numbers();
