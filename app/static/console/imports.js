// Uploads: the drop zone, how far the file has been sent, what was typed into bad cells and is not saved.
import { $, $$, on } from "jg/dom";

// ---- drop zone -------------------------------------------------------------------------------------------------
for (const zone of $$("[data-drop]")) {
  const input = $("input[type=file]", zone);
  const shown = $("[data-chosen]", zone);
  const form = input.form;
  const show = () => {
    const file = input.files[0];
    shown.hidden = !file;
    if (!file) return;
    shown.textContent = `${file.name} · ${(file.size / 1048576).toFixed(2)} MB`;
    const most = Number(form.dataset.megabytes ?? 0);
    input.setCustomValidity(most && file.size > most * 1048576 ? form.dataset.tLarge : "");
    input.reportValidity();
  };
  for (const type of ["dragenter", "dragover", "dragleave", "drop"]) {
    zone.addEventListener(type, (event) => { event.preventDefault(); zone.classList.toggle("is-over", type.startsWith("drage") || type === "dragover"); });
  }
  zone.addEventListener("drop", (event) => { if (event.dataTransfer.files.length) { input.files = event.dataTransfer.files; show(); } });
  input.addEventListener("change", show);
}

// ---- sending ---------------------------------------------------------------------------------------------------
for (const form of $$("form[data-upload]")) {
  const line = $("[data-sending]", form), bar = $("progress", line), told = $("[data-sent]", line);
  const problem = $("[data-upload-problem]", form), button = $("button[type=submit]", form);
  let sending = null;
  const end = (text = "") => {
    sending = null;
    line.hidden = true;
    button.disabled = false;
    problem.textContent = text;
    problem.className = text ? "jg-notice jg-bad" : "";
  };
  form.addEventListener("submit", (event) => {
    if (sending) { event.preventDefault(); return; }
    event.preventDefault();
    end();
    sending = new XMLHttpRequest();
    sending.open("POST", form.action);
    sending.setRequestHeader("Accept", "application/json");
    sending.upload.addEventListener("progress", (sent) => {
      const percent = sent.total ? Math.floor((100 * sent.loaded) / sent.total) : 0;
      bar.value = percent;
      told.textContent = form.dataset.tSent.replace("{n}", percent);
    });
    sending.upload.addEventListener("load", () => { bar.removeAttribute("value"); told.textContent = form.dataset.tReading; });
    sending.addEventListener("load", () => {
      let answer = {};
      try { answer = JSON.parse(sending.responseText); } catch { /* a page of the framework: said below */ }
      if (answer.url) location.assign(answer.url);
      else end(answer.problem ?? (sending.status === 413 ? form.dataset.tLarge : form.dataset.tFailed));
    });
    sending.addEventListener("error", () => end(form.dataset.tFailed));
    sending.addEventListener("abort", () => end());
    button.disabled = true;
    bar.value = 0;
    line.hidden = false;
    sending.send(new FormData(form));
  });
  $("[data-stop]", form).addEventListener("click", () => sending?.abort());
  // Who comes back by the browser's own button finds the form as it was.
  addEventListener("pageshow", () => { if (!sending) end(); });
}

// A job of the list has ended: the list is shown anew, unless somebody is about to send a file.
document.addEventListener("jg:job", (event) => {
  if (event.target.dataset.jobThen === "stay" && !$$("form[data-upload] input[type=file]").some((input) => input.files.length)) location.reload();
});

// ---- corrections that are not saved yet ------------------------------------------------------------------------
let unsaved = false;
for (const form of $$("form[data-fix]")) {
  const boxes = $$("input:not([type=hidden]), select, textarea", form);
  const was = (box) => (box.tagName === "SELECT" ? [...box.options].find((each) => each.defaultSelected)?.value ?? box.options[0]?.value : box.defaultValue);
  const count = () => {
    const changed = boxes.filter((box) => box.value !== was(box));
    for (const box of boxes) box.classList.toggle("is-changed", changed.includes(box));
    unsaved = changed.length > 0;
    const told = $("[data-fix-count]", form);
    if (told) told.textContent = unsaved ? form.dataset.tChanged.replace("{n}", changed.length) : "";
  };
  form.addEventListener("input", count);
  form.addEventListener("change", count);
  form.addEventListener("submit", () => { unsaved = false; });
  // Enter goes down a column, as in a sheet; with Ctrl it saves.
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing || event.target.tagName === "BUTTON" || event.target.tagName === "A") return;
    if (event.ctrlKey || event.metaKey) { form.requestSubmit(); return; }
    if (event.target.tagName === "TEXTAREA") return;
    event.preventDefault();
    const here = boxes.indexOf(event.target);
    boxes[here + (event.shiftKey ? -1 : 1)]?.focus();
  });
}
on("submit", "form.jg-save", () => { unsaved = false; });
addEventListener("beforeunload", (event) => { if (unsaved) event.preventDefault(); });
