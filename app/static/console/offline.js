// The page without a line: what waits on this device, which forms can be begun meanwhile, and back to where one was as
// soon as the server answers. Of what waits only its name is told: reading is the form's own.
import { blanks, kept } from "./device.js";

const two = (number) => String(number).padStart(2, "0");
const link = (href, textContent) => Object.assign(document.createElement("a"), { href, textContent });
function list(name, lines) {
  document.querySelector(`[data-${name}-list]`).replaceChildren(...lines);
  document.querySelector(`[data-${name}-some]`).hidden = !lines.length;
}
const item = (...inside) => { const each = document.createElement("li"); each.append(...inside); return each; };
const forms = await blanks(), open = new Set(forms.map((each) => each.id)), words = document.querySelector("[data-kept-list]").dataset;
list("kept", (await kept()).map((each) => {
  const when = new Date(each.at), name = `${each.label} ${two(when.getHours())}:${two(when.getMinutes())}`;
  const isOwn = open.has(each.url) && forms.some((form) => form.person === each.person);
  return item(isOwn ? link(`${each.url}?box=${each.box}`, name) : name, Object.assign(document.createElement("small"), { textContent: each.once ? words.tSaved : words.tTyped }));
}));
list("blank", forms.map((each) => item(link(each.id, each.label))));
document.querySelector("[data-again]").addEventListener("click", () => location.reload());
async function look() {
  try { if ((await fetch("/sw.js", { method: "HEAD", cache: "no-store" })).ok) location.reload(); } catch { /* not yet */ }
}
addEventListener("online", look);
setInterval(look, 5000);
