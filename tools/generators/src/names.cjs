/** A name in the writings that generated code needs. */

/**
 * Checks a name in kebab case.
 * @param {string} name
 * @param {string} example
 */
exports.requireKebabCase = (name, example) => {
  if (/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)) return;
  throw new Error(`expected a name in kebab case such as ${example}, found ${JSON.stringify(name)}`);
};

/**
 * Checks a name of an event type.
 * @param {string} name
 */
exports.requireEventName = (name) => {
  if (/^[a-z][a-z0-9]*([._][a-z0-9]+)*\.[a-z][a-z0-9]*(_[a-z0-9]+)*$/.test(name)) return;
  throw new Error(
    `expected a subject and what happened to it, such as invoice.paid, found ${JSON.stringify(name)}`,
  );
};

/**
 * `rate-limits` and `rate.limits` become `rateLimits`.
 * @param {string} name
 */
exports.camelCase = (name) => name.replace(/[-._](.)/g, (_match, letter) => letter.toUpperCase());

/**
 * `rate-limits` becomes `RateLimits`.
 * @param {string} name
 */
exports.pascalCase = (name) => exports.camelCase(name).replace(/^./, (letter) => letter.toUpperCase());

/**
 * `rate-limits` becomes `RATE_LIMITS`.
 * @param {string} name
 */
exports.constantCase = (name) => name.replaceAll('-', '_').toUpperCase();
