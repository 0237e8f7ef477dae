// Runs before the page is painted: marks that scripts work, and restores theme, folded menu and open menu groups.
(() => {
  const root = document.documentElement;
  const read = (key, otherwise) => { try { return JSON.parse(localStorage.getItem(key)) ?? otherwise; } catch { return otherwise; } };
  root.classList.add("js");
  root.classList.toggle("is-folded", read("jg.folded", false));
  if (read("jg.theme", "light") === "dark") root.dataset.bsTheme = "dark";
  const open = read("jg.menu", {});
  for (const group of document.querySelectorAll("details[data-menu]")) {
    if (!("here" in group.dataset)) group.open = open[group.dataset.menu] === true;
  }
})();
