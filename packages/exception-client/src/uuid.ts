/** A random UUID (version 4). Browsers offer `randomUUID` only on secure origins, hence the second way. */
export function randomUuid(): string {
  if (typeof crypto.randomUUID === 'function') return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(36));
  return 'xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx'.replace(/[xy]/g, (digit, position: number) => {
    const random = bytes[position]! & 15;
    return (digit === 'x' ? random : (random & 3) | 8).toString(16);
  });
}
