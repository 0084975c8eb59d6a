/** Parts of the page of the metrics server's state. */
export const STATUS_TABS = ['runtime', 'build', 'flags', 'config', 'tsdb'] as const;
export type StatusTab = (typeof STATUS_TABS)[number];
