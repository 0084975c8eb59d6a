/** Parts of the language that are switched on by name, with Prometheus's feature flags. */
export interface LanguageFeatures {
  /** `promql-experimental-functions`: experimental functions, limitk and limit_ratio. */
  readonly experimentalFunctions: boolean;
  /** `promql-duration-expr`: arithmetic in ranges, steps and offsets. */
  readonly durationExpressions: boolean;
  /** `promql-extended-range-selectors`: anchored and smoothed. */
  readonly extendedRangeSelectors: boolean;
  /** `promql-binop-fill-modifiers`: fill, fill_left and fill_right. */
  readonly fillModifiers: boolean;
}

export const NO_FEATURES: LanguageFeatures = {
  experimentalFunctions: false,
  durationExpressions: false,
  extendedRangeSelectors: false,
  fillModifiers: false,
};

export const ALL_FEATURES: LanguageFeatures = {
  experimentalFunctions: true,
  durationExpressions: true,
  extendedRangeSelectors: true,
  fillModifiers: true,
};
