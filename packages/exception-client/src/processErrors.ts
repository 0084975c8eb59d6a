/**
 * Reports what would end the process, and leaves Node's answer to it as it is: an uncaught exception or
 * rejection still prints and exits with code 1 (or is handled by the application's own listener). Returns a
 * function that stops it.
 */
export function captureProcessErrors(report: (error: unknown) => void): () => void {
  let last: unknown;
  const reportOnce = (error: unknown): void => {
    // A rejection that the application's own listener throws on arrives a second time, as an exception.
    if (typeof error === 'object' && error !== null && error === last) return;
    last = error;
    report(error);
  };

  // Node also raises rejections as exceptions, unless a listener takes them. So while the application has such
  // a listener, and only then, one of ours stands beside it: alone, ours would keep the process from crashing.
  const hasOthers = (): boolean => process.listeners(REJECTION).some((listener) => listener !== reportOnce);
  const added = (event: string | symbol, listener: unknown): void => {
    if (event !== REJECTION || listener === reportOnce) return;
    if (!process.listeners(REJECTION).includes(reportOnce)) process.prependListener(REJECTION, reportOnce);
  };
  const removed = (event: string | symbol): void => {
    if (event === REJECTION && !hasOthers()) process.off(REJECTION, reportOnce);
  };

  process.on('uncaughtExceptionMonitor', reportOnce);
  process.on('newListener', added);
  process.on('removeListener', removed);
  if (hasOthers()) process.prependListener(REJECTION, reportOnce);
  return () => {
    process.off('newListener', added);
    process.off('removeListener', removed);
    process.off('uncaughtExceptionMonitor', reportOnce);
    process.off(REJECTION, reportOnce);
  };
}

const REJECTION = 'unhandledRejection';
