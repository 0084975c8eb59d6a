/** One node of a plan with what it did. */
export interface PlanNode {
  /** The part of the query. */
  readonly expression: string;
  readonly operation: string;
  /** Series that it gave. */
  series: number;
  /** Samples (values at steps) that it gave, or read from the store for a selector. */
  samples: number;
  /** Milliseconds spent in it and in what it stands on. */
  totalMs: number;
  /** Milliseconds spent in it alone. */
  selfMs: number;
  readonly children: PlanNode[];
}

/** Records the plan of a query while it runs. */
export class PlanRecorder {
  readonly #stack: PlanNode[] = [];
  root: PlanNode | undefined;

  /** Runs `work` as part of a new node under the current one. */
  node<T>(expression: string, operation: string, work: (node: PlanNode) => T): T {
    const node: PlanNode = {
      expression,
      operation,
      series: 0,
      samples: 0,
      totalMs: 0,
      selfMs: 0,
      children: [],
    };
    const parent = this.#stack.at(-1);
    if (parent === undefined) this.root ??= node;
    else parent.children.push(node);
    return this.within(node, () => work(node));
  }

  /** Adds the time of `work` to a node, and takes it out of the node that waits for it. */
  within<T>(node: PlanNode, work: () => T): T {
    const started = performance.now();
    this.#stack.push(node);
    try {
      return work();
    } finally {
      this.#stack.pop();
      const elapsed = performance.now() - started;
      node.totalMs += elapsed;
      node.selfMs += elapsed;
      const waiting = this.#stack.at(-1);
      if (waiting !== undefined && waiting !== node) waiting.selfMs -= elapsed;
    }
  }
}
