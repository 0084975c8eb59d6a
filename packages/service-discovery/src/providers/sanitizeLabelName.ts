/** A name in which everything but letters, digits and underscores is an underscore. */
export function sanitizeLabelName(name: string): string {
  return name.replace(/[^a-zA-Z0-9_]/g, '_');
}
