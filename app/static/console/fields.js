// Controls of forms and search cards: pickers and dates.
import { $, $$, words } from "jg/dom";

// ---- pickers ---------------------------------------------------------------------------------------------------
function pickers(from = document) {
  if (!window.TomSelect) return;
  const render = {
    option: (item, escape) => `<div>${escape(item.text)}${item.hint ? `<small>${escape(item.hint)}</small>` : ""}</div>`,
    no_results: () => `<div class="no-results">${words.tNone}</div>`,
    loading: () => `<div class="no-results">${words.tLoading}</div>`,
  };
  for (const input of $$("[data-pick]:not(.tomselected)", from)) {
    const many = "many" in input.dataset;
    const picked = JSON.parse(input.dataset.picked || "[]").map(([value, text]) => ({ value: String(value), text: String(text ?? value) }));
    const known = new Set(picked.map((item) => item.value));
    for (const value of input.value.split(",")) if (value && !known.has(value)) picked.push({ value, text: value });
    const select = new TomSelect(input, {
      valueField: "value", labelField: "text", searchField: ["text", "hint"], options: picked, items: picked.map((item) => item.value),
      maxItems: many ? null : 1, create: false, preload: "focus", loadThrottle: 250, maxOptions: 50, closeAfterSelect: !many,
      score: () => () => 1,                                   // the server has already chosen and ordered
      plugins: many ? { remove_button: { title: words.tRemove } } : { clear_button: { title: words.tRemove } },
      shouldLoad: () => true,
      async load(text, done) {
        try {
          const url = new URL(input.dataset.pick, location.href);
          url.searchParams.set("q", text);
          const answer = await fetch(url, { headers: { Accept: "application/json" }, credentials: "same-origin" });
          if (!answer.ok) throw new Error(String(answer.status));
          const { items } = await answer.json();
          this.clearOptions();
          done(items);
        } catch { done([]); select.settings.render.no_results = () => `<div class="no-results">${words.tFailed}</div>`; }
      },
      render,
    });
    dressed(input, select);
  }
  for (const input of $$("select[data-select]:not(.tomselected), select.my_select2:not(.tomselected)", from)) {
    dressed(input, new TomSelect(input, { maxOptions: 500, plugins: input.multiple ? { remove_button: { title: words.tRemove } } : {}, render }));
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
  const plain = text.trim().replace(/[０-９]/g, (c) => String.fromCharCode(c.charCodeAt(0) - 0xfee0));
  const match = /^(\d{4})(\d{2})(\d{2})$/.exec(plain) ?? /^(\d{4})\s*[-./年．。－／]\s*(\d{1,2})\s*[-./月．。－／]\s*(\d{1,2})\s*日?$/.exec(plain);
  if (!match) return null;
  const [year, month, date] = match.slice(1).map(Number);
  const real = new Date(Date.UTC(year, month - 1, date));
  return real.getUTCMonth() === month - 1 && real.getUTCDate() === date ? real.toISOString().slice(0, 10) : null;
}
function dates(from = document) {
  if (matchMedia("(pointer: coarse)").matches) return;        // a phone's own wheel is better
  for (const input of $$("input[type=date][data-day]", from)) {
    const value = input.value;
    const native = input.cloneNode();
    for (const name of ["id", "name", "required", "aria-describedby", "aria-required", "aria-invalid", "data-day"]) native.removeAttribute(name);
    Object.assign(native, { className: "jg-native", tabIndex: -1 });
    native.setAttribute("aria-hidden", "true");
    input.type = "text";
    Object.assign(input, { value, placeholder: input.placeholder || "yyyy-mm-dd", inputMode: "numeric", maxLength: 20 });
    const button = Object.assign(document.createElement("button"), { type: "button", className: "jg-cal", title: words.tDay });
    button.setAttribute("aria-label", words.tDay);
    button.innerHTML = '<i class="ti ti-calendar" aria-hidden="true"></i>';
    const box = Object.assign(document.createElement("span"), { className: "jg-day" });
    input.replaceWith(box);
    box.append(input, button, native);
    button.addEventListener("click", () => { native.value = day(input.value) ?? ""; native.showPicker(); });
    native.addEventListener("change", () => { input.value = native.value; input.dispatchEvent(new Event("change", { bubbles: true })); });
    input.addEventListener("change", () => {
      const read = day(input.value);
      if (read) input.value = read;
      const wrong = input.value !== "" && !read;
      input.classList.toggle("is-invalid", wrong);
      input.title = wrong ? words.tBadDay : "";
    });
  }
}

pickers();
dates();
