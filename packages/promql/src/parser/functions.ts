export type ValueType = 'scalar' | 'vector' | 'matrix' | 'string';

/** What a function takes and gives. */
export interface FunctionSignature {
  readonly name: string;
  readonly argTypes: readonly ValueType[];
  /** How many more arguments of the last type may follow or, with 1 on the last one, be left out; -1: any number. */
  readonly variadic: number;
  readonly returnType: ValueType;
  readonly experimental: boolean;
}

/** Names of types in error messages. */
export const TYPE_NAMES: Readonly<Record<ValueType, string>> = {
  scalar: 'scalar',
  vector: 'instant vector',
  matrix: 'range vector',
  string: 'string',
};

const VECTOR_TO_VECTOR =
  'abs absent acos acosh asin asinh atan atanh ceil cos cosh deg exp floor ln log10 log2 rad sgn sin sinh sqrt tan ' +
  'tanh sort sort_desc timestamp histogram_avg histogram_count histogram_sum histogram_stddev histogram_stdvar';
const TIME_PARTS = 'days_in_month day_of_month day_of_week day_of_year hour minute month year';
const MATRIX_TO_VECTOR =
  'absent_over_time avg_over_time changes count_over_time delta deriv idelta increase irate last_over_time ' +
  'max_over_time min_over_time present_over_time rate resets stddev_over_time stdvar_over_time sum_over_time ' +
  'first_over_time';
const EXPERIMENTAL_MATRIX =
  'mad_over_time ts_of_first_over_time ts_of_last_over_time ts_of_max_over_time ts_of_min_over_time';

const OTHERS: readonly (readonly [name: string, args: string, returnType: ValueType, variadic: number])[] = [
  ['clamp', 'vector scalar scalar', 'vector', 0],
  ['clamp_max', 'vector scalar', 'vector', 0],
  ['clamp_min', 'vector scalar', 'vector', 0],
  ['histogram_fraction', 'scalar scalar vector', 'vector', 0],
  ['histogram_quantile', 'scalar vector', 'vector', 0],
  ['label_join', 'vector string string string', 'vector', -1],
  ['label_replace', 'vector string string string string', 'vector', 0],
  ['pi', '', 'scalar', 0],
  ['predict_linear', 'matrix scalar', 'vector', 0],
  ['quantile_over_time', 'scalar matrix', 'vector', 0],
  ['round', 'vector scalar', 'vector', 1],
  ['scalar', 'vector', 'scalar', 0],
  ['time', '', 'scalar', 0],
  ['vector', 'scalar', 'vector', 0],
];
const EXPERIMENTAL: typeof OTHERS = [
  ['double_exponential_smoothing', 'matrix scalar scalar', 'vector', 0],
  ['end', '', 'scalar', 0],
  ['histogram_quantiles', 'vector string scalar scalar', 'vector', 9],
  ['info', 'vector vector', 'vector', 1],
  ['max_of', 'scalar scalar', 'scalar', 0],
  ['min_of', 'scalar scalar', 'scalar', 0],
  ['range', '', 'scalar', 0],
  ['sort_by_label', 'vector string', 'vector', -1],
  ['sort_by_label_desc', 'vector string', 'vector', -1],
  ['start', '', 'scalar', 0],
  ['start_timestamp', 'vector', 'vector', 0],
  ['step', '', 'scalar', 0],
];

/** Every function of PromQL 3.14 by name. */
export const FUNCTIONS: ReadonlyMap<string, FunctionSignature> = table();

function table(): ReadonlyMap<string, FunctionSignature> {
  const functions = new Map<string, FunctionSignature>();
  const add = (
    name: string,
    args: string,
    returnType: ValueType,
    variadic: number,
    experimental: boolean,
  ): void => {
    const argTypes = args === '' ? [] : (args.split(' ') as ValueType[]);
    functions.set(name, { name, argTypes, variadic, returnType, experimental });
  };
  for (const name of VECTOR_TO_VECTOR.split(' ')) add(name, 'vector', 'vector', 0, false);
  for (const name of TIME_PARTS.split(' ')) add(name, 'vector', 'vector', 1, false);
  for (const name of MATRIX_TO_VECTOR.split(' ')) add(name, 'matrix', 'vector', 0, false);
  for (const name of EXPERIMENTAL_MATRIX.split(' ')) add(name, 'matrix', 'vector', 0, true);
  for (const [name, args, returnType, variadic] of OTHERS) add(name, args, returnType, variadic, false);
  for (const [name, args, returnType, variadic] of EXPERIMENTAL) add(name, args, returnType, variadic, true);
  return functions;
}
