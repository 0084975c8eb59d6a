// Runs before the first paint, so that a chosen theme or density never flashes. Names as in src/theme/preferences.ts.
{
  const { dataset } = document.documentElement;
  try {
    const { theme, density } = JSON.parse(localStorage.getItem('binnacle.preferences') ?? '{}');
    if (theme === 'light' || theme === 'dark') dataset.theme = theme;
    if (density === 'compact' || density === 'comfy') dataset.density = density;
  } catch {
    // Storage is off, or its content is not ours: the defaults stand.
  }
}
