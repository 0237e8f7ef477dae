// Uploads: the drop zone.
import { $, $$ } from "jg/dom";

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
