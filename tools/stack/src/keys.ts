type KeyAction = () => string | void | Promise<string | void>;

/** Runs an action for a key pressed in the terminal and prints what it says. Does nothing without a terminal. */
export function listenToKeys(actions: Readonly<Record<string, KeyAction>>): void {
  const { stdin } = process;
  if (!stdin.isTTY) return;
  stdin.setRawMode(true);
  stdin.resume();
  stdin.on('data', (data: Buffer) => {
    const key = data.toString();
    if (key === '\u0003') {
      process.kill(process.pid, 'SIGINT');
      return;
    }
    const action = actions[key];
    if (action !== undefined) void perform(action);
  });
}

async function perform(action: KeyAction): Promise<void> {
  try {
    const said = await action();
    if (typeof said === 'string') console.log(`  ${said}`);
  } catch (error) {
    console.error(`  that did not work: ${(error as Error).message}`);
  }
}
