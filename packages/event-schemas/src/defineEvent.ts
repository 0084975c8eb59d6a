import type { Static, TObject } from 'typebox';

/** A version of an event type: its name, the shape of its data, and how data of the version before becomes it. */
export interface EventDefinition<Schema extends TObject = TObject> {
  /** CloudEvents `type`, in dotted lower case: `deploy.finished`. */
  readonly type: string;
  /** Counts from 1; only a change that FULL_TRANSITIVE compatibility refuses needs a new one. */
  readonly version: number;
  readonly description: string;
  readonly data: Schema;
  /** Turns data of version - 1 into data of this version. Required from version 2 on. */
  readonly upcast?: (older: Readonly<Record<string, unknown>>) => Static<Schema>;
}

/** Declares an event type. A team adds its own by registering the definition with an EventRegistry. */
export function defineEvent<Schema extends TObject>(
  definition: EventDefinition<Schema>,
): EventDefinition<Schema> {
  if (!/^[a-z0-9]+([._][a-z0-9]+)*$/.test(definition.type)) {
    throw new Error(
      `expected an event type in dotted lower case such as deploy.finished, found ${definition.type}`,
    );
  }
  if (definition.version > 1 && definition.upcast === undefined) {
    throw new Error(
      `${definition.type} version ${definition.version} needs an upcast from version ${definition.version - 1}`,
    );
  }
  return definition;
}

/** The `dataschema` of an event: which version its data has. */
export function dataSchemaUri({ type, version }: Pick<EventDefinition, 'type' | 'version'>): string {
  return `urn:binnacle:event:${type}:${version}`;
}
