// The page without a line: which forms wait on this device, and back to where one was as soon as the server answers.
import { kept } from "./device.js";

const list = document.querySelector("[data-kept-list]");
const two = (number) => String(number).padStart(2, "0");
const found = await kept();
for (const { label, at } of found) {
  const when = new Date(at), item = list.appendChild(document.createElement("li"));
  item.textContent = `${label} `;
  item.appendChild(document.createElement("time")).textContent = `${two(when.getHours())}:${two(when.getMinutes())}`;
}
document.querySelector("[data-kept-some]").hidden = !found.length;
document.querySelector("[data-again]").addEventListener("click", () => location.reload());
async function look() {
  try { if ((await fetch("/sw.js", { method: "HEAD", cache: "no-store" })).ok) location.reload(); } catch { /* not yet */ }
}
addEventListener("online", look);
setInterval(look, 5000);
