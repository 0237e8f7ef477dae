// Between menu and page, before they are painted: restores the folded menu and the open menu groups.
(() => {
  const root = document.documentElement;
  const read = (key, otherwise) => { try { return JSON.parse(localStorage.getItem(key)) ?? otherwise; } catch { return otherwise; } };
  root.classList.toggle("is-folded", read("jg.folded", false));
  const open = read("jg.menu", {});
  for (const group of document.querySelectorAll("details[data-menu]")) {
    if (!("here" in group.dataset)) group.open = open[group.dataset.menu] === true;
  }
})();
