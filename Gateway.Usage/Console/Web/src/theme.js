// Before the first paint: a script of its own, so that nothing flashes.
const chosen = localStorage.getItem('gateway-theme');
if (chosen === 'light' || chosen === 'dark') {
  document.documentElement.dataset.theme = chosen;
}
