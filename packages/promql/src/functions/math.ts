/** Functions from float to float, by name. Histograms are left out of their results. */
export const FLOAT_FUNCTIONS: ReadonlyMap<string, (x: number) => number> = new Map([
  ['abs', Math.abs],
  ['acos', Math.acos],
  ['acosh', Math.acosh],
  ['asin', Math.asin],
  ['asinh', Math.asinh],
  ['atan', Math.atan],
  ['atanh', Math.atanh],
  ['ceil', Math.ceil],
  ['cos', Math.cos],
  ['cosh', Math.cosh],
  ['deg', (x) => (x * 180) / Math.PI],
  ['exp', Math.exp],
  ['floor', Math.floor],
  ['ln', Math.log],
  ['log10', Math.log10],
  ['log2', Math.log2],
  ['rad', (x) => (x * Math.PI) / 180],
  ['sgn', (x) => (x > 0 ? 1 : x < 0 ? -1 : x)],
  ['sin', Math.sin],
  ['sinh', Math.sinh],
  ['sqrt', Math.sqrt],
  ['tan', Math.tan],
  ['tanh', Math.tanh],
]);

/** Rounds to a multiple of `nearest`, halves up. */
export function roundTo(x: number, nearest: number): number {
  const inverse = 1 / nearest;
  return Math.floor(x * inverse + 0.5) / inverse;
}
