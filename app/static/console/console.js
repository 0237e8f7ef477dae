// What every page of the console needs, bound by data attributes. Pages read and submit without it.
const $ = (selector, from = document) => from.querySelector(selector);
const $$ = (selector, from = document) => [...from.querySelectorAll(selector)];
const words = document.body.dataset;
const root = document.documentElement;
const keep = (key, value) => { try { localStorage.setItem(key, JSON.stringify(value)); } catch { /* private window */ } };
const on = (type, selector, act) => document.addEventListener(type, (event) => {
  const target = event.target.closest?.(selector);
  if (target) act(event, target);
});

// ---- menu, theme, messages -------------------------------------------------------------------------------------
const groups = $$("details[data-menu]");
for (const group of groups) {
  group.addEventListener("toggle", () => keep("jg.menu", Object.fromEntries(groups.map((g) => [g.dataset.menu, g.open]))));
}
$(".jg-side [aria-current]")?.scrollIntoView({ block: "nearest" });
on("click", "[data-fold]", () => keep("jg.folded", root.classList.toggle("is-folded")));
on("click", "[data-theme-toggle]", () => {
  root.dataset.bsTheme = root.dataset.bsTheme === "dark" ? "light" : "dark";
  keep("jg.theme", root.dataset.bsTheme);
  document.dispatchEvent(new Event("jg:theme"));
});
on("click", "[data-dismiss]", (_, button) => button.parentElement.remove());
on("click", "[data-print]", () => window.print());
const menu = (open) => {
  root.classList.toggle("is-menu", open);
  if (open) $(".jg-close")?.focus(); else $(".jg-burger")?.focus();
};
on("click", ".jg-burger", (event) => { event.preventDefault(); menu(true); });
on("click", ".jg-close, .jg-shade", (event) => { event.preventDefault(); menu(false); });
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && root.classList.contains("is-menu")) menu(false);
});

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

// ---- confirmation ----------------------------------------------------------------------------------------------
const dialog = $("#confirm");
let confirmed = null;
on("click", "button[data-confirm]", (event, button) => {
  if (confirmed === button) { confirmed = null; return; }
  event.preventDefault();
  $("#confirm-text").textContent = button.dataset.confirm;
  const counted = "counted" in button.dataset;
  $("#confirm-count").hidden = !counted;
  if (counted) $("#confirm-count b").textContent = chosen().length;
  dialog.returnValue = "";
  dialog.onclose = () => {
    if (dialog.returnValue === "ok") { confirmed = button; button.click(); } else button.focus();
  };
  dialog.showModal();
  $("button[value=ok]", dialog).focus();
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

// ---- forms -----------------------------------------------------------------------------------------------------
function conditions(form) {                                   // fields that exist only for some values of another field
  const dependent = $$("[data-when]", form);
  const update = () => {
    for (const box of dependent) {
      const now = new FormData(form).getAll(box.dataset.when);
      const fits = JSON.parse(box.dataset.values).some((value) => now.includes(String(value)));
      box.hidden = !fits;
      for (const input of $$("input, select, textarea", box)) if (!input.closest(".ts-control")) input.disabled = !fits;
    }
  };
  if (dependent.length) { form.addEventListener("change", update); update(); }
}
for (const form of $$("form")) conditions(form);
for (const form of $$("form[data-guard]")) {
  let dirty = "dirty" in form.dataset;
  form.addEventListener("input", () => { dirty = true; });
  form.addEventListener("change", () => { dirty = true; });
  form.addEventListener("submit", () => { dirty = false; });
  window.addEventListener("beforeunload", (event) => { if (dirty) event.preventDefault(); });
}
on("submit", "form[method=post]", (event, form) => {          // a double click sends once
  if (form.classList.contains("is-sent")) { event.preventDefault(); return; }
  form.classList.add("is-sent");
  form.setAttribute("aria-busy", "true");
});
window.addEventListener("pageshow", (event) => {
  if (event.persisted) for (const form of $$("form.is-sent")) { form.classList.remove("is-sent"); form.removeAttribute("aria-busy"); }
});
on("click", "[data-jump]", (event, link) => {
  const field = $(`[id="${link.hash.slice(1)}"]`);
  if (!field) return;
  event.preventDefault();
  field.closest(".jg-field")?.scrollIntoView({ block: "center" });
  (field.tomselect ?? field.querySelector("input") ?? field).focus();
});
const grow = (area) => { area.rows = Math.min(12, Math.max(3, area.value.split("\n").length + 1)); };
on("input", "textarea[data-grow]", (_, area) => grow(area));
$$("textarea[data-grow]").forEach(grow);

// ---- drop zone -------------------------------------------------------------------------------------------------
for (const zone of $$("[data-drop]")) {
  const input = $("input[type=file]", zone);
  const shown = $("[data-chosen]", zone);
  const show = () => {
    const file = input.files[0];
    shown.hidden = !file;
    if (file) shown.textContent = `${file.name} · ${(file.size / 1048576).toFixed(2)} MB`;
  };
  for (const type of ["dragenter", "dragover", "dragleave", "drop"]) {
    zone.addEventListener(type, (event) => { event.preventDefault(); zone.classList.toggle("is-over", type.startsWith("drage") || type === "dragover"); });
  }
  zone.addEventListener("drop", (event) => { if (event.dataTransfer.files.length) { input.files = event.dataTransfer.files; show(); } });
  input.addEventListener("change", show);
}

pickers();
dates();
$("[data-focus]")?.focus();
