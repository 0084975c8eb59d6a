// Runs before the first paint, so that a chosen theme or density never flashes. Names as in src/theme/preferences.ts.
(function () {
  var root = document.documentElement;
  try {
    var saved = JSON.parse(localStorage.getItem('binnacle.preferences') || '{}');
    if (saved.theme === 'light' || saved.theme === 'dark') root.dataset.theme = saved.theme;
    if (saved.density === 'compact' || saved.density === 'comfy') root.dataset.density = saved.density;
  } catch (error) {
    delete root.dataset.theme; // storage is off or its content is not ours: the defaults stand
  }
})();
