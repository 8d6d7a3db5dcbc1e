// Runs before the first paint, so that a dark page never flashes white. Classic script on purpose: a module would be late.
(function () {
  let chosen = null;
  try { chosen = localStorage.getItem("theme"); } catch { /* storage may be forbidden; the system's choice holds then */ }
  const system = matchMedia("(prefers-color-scheme: dark)");
  const apply = () => { document.documentElement.dataset.bsTheme = chosen || (system.matches ? "dark" : "light"); };
  apply();
  system.addEventListener("change", apply);
  addEventListener("theme:chosen", (event) => { chosen = event.detail; apply(); });
})();
