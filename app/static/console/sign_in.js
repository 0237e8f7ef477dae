// The pages of sign-in: show a password, tell of Caps Lock, tick the requirements that are met.
import { $, $$, on } from "jg/dom";

on("click", "[data-reveal]", (_event, button) => {
  const input = document.getElementById(button.dataset.reveal), shown = input.type === "password";
  input.type = shown ? "text" : "password";
  const label = shown ? button.dataset.hide : button.dataset.show;
  button.setAttribute("aria-label", label);
  button.title = label;
  $(".ti", button).className = `ti ti-eye${shown ? "-off" : ""}`;
  input.focus();
});
for (const form of $$("form")) {                                // what is sent is never left readable on the screen
  form.addEventListener("submit", () => { for (const input of $$("[data-caps]", form)) input.type = "password"; });
}
for (const type of ["keydown", "keyup", "click"]) {
  on(type, "[data-caps]", (event, input) => {
    if (event.getModifierState) document.getElementById(input.dataset.caps).hidden = !event.getModifierState("CapsLock");
  });
}
on("click", "[data-copy-codes]", async (_event, button) => {
  const text = $$("li", document.getElementById(button.dataset.copyCodes)).map((each) => each.textContent.trim()).join("\n");
  try { await navigator.clipboard.writeText(text); $("span", button).textContent = button.dataset.done; } catch { /* not allowed here */ }
});

// ---- the rules of the server, asked while somebody types -------------------------------------------------------------
const form = $("[data-password-check]");
if (form) {
  const typed = $("#password", form), again = $("#again", form), list = $("#demands"), differs = $("[data-differs]", form);
  const show = (faults) => {
    for (const line of $$("[data-demand]", list)) {
      const open = faults === null || line.dataset.demand === "history", bad = !open && faults.includes(line.dataset.demand);
      line.className = open ? "" : bad ? "is-unmet" : "is-met";
      $(".ti", line).className = `ti ti-${open ? "point" : bad ? "circle-x" : "circle-check"}`;
      $("[data-state]", line).textContent = open ? "" : bad ? list.dataset.unmet : list.dataset.met;
    }
  };
  let waiting, asked = 0;
  const ask = async () => {
    const turn = ++asked;
    if (!typed.value) return show(null);
    const body = new FormData();
    body.set("csrf_token", form.elements.csrf_token.value);
    body.set("password", typed.value);
    try {
      const answer = await fetch(form.dataset.passwordCheck, { method: "POST", body, headers: { Accept: "application/json" }, credentials: "same-origin", redirect: "error" });
      if (turn === asked && answer.ok) show((await answer.json()).faults);
    } catch { /* the server says it when the form is sent */ }
  };
  const compare = () => { differs.hidden = !again.value || typed.value === again.value; };
  typed.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(ask, 250); if (!typed.value) show(null); });
  for (const input of [typed, again]) input.addEventListener("change", compare);
  again.addEventListener("input", () => { if (typed.value === again.value || !again.value) compare(); });
}
