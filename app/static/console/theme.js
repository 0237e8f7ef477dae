// In the head, before anything is drawn: the page has its theme from the first pixel. Without a choice it follows the system.
(() => {
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const choice = () => { try { return JSON.parse(localStorage.getItem("jg.theme")) ?? "auto"; } catch { return "auto"; } };
  const apply = () => {
    root.dataset.bsTheme = choice() === "dark" || (choice() === "auto" && dark.matches) ? "dark" : "light";
    root.dataset.theme = choice();
    document.dispatchEvent(new Event("jg:theme"));
  };
  root.classList.add("js");
  apply();
  dark.addEventListener("change", apply);
  document.addEventListener("jg:theme-choice", apply);
  window.addEventListener("storage", (event) => { if (event.key === "jg.theme") apply(); });   // other tabs follow
})();
