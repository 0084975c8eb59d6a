import { Compile, type Validator } from 'typebox/compile';
import { checkEnvelope, type CloudEvent } from './envelope.ts';
import { dataSchemaUri, type EventDefinition } from './defineEvent.ts';
import { EventError } from './errors.ts';
import { activity } from './types/activity.ts';
import { alertFiring, alertResolved, alertSilenced } from './types/alert.ts';
import { deployFinished } from './types/deploy.ts';
import { exceptionFirstSeen, exceptionRegressed, exceptionResolved } from './types/exception.ts';
import { targetDown, targetUp } from './types/target.ts';

/** Every event type that Binnacle itself publishes or understands. */
export const platformEvents: readonly EventDefinition[] = [
  activity,
  alertFiring,
  alertResolved,
  alertSilenced,
  deployFinished,
  exceptionFirstSeen,
  exceptionRegressed,
  exceptionResolved,
  targetDown,
  targetUp,
];

/** An event that was checked; `definition` is absent for a type that nobody registered. */
export interface KnownEvent {
  readonly event: CloudEvent;
  readonly definition: EventDefinition | undefined;
}

interface Entry {
  readonly definition: EventDefinition;
  readonly validator: Validator;
}

/** Knows event types in all their versions, checks events against them and brings old data up to date. */
export class EventRegistry {
  readonly #versions = new Map<string, Entry[]>();

  constructor(definitions: readonly EventDefinition[] = platformEvents) {
    for (const definition of definitions) this.register(definition);
  }

  /** Adds a type, or the next version of one. */
  register(definition: EventDefinition): void {
    const versions = this.#versions.get(definition.type) ?? [];
    if (definition.version !== versions.length + 1) {
      throw new Error(
        `expected version ${versions.length + 1} of ${definition.type} next, found ${definition.version}`,
      );
    }
    versions.push({ definition, validator: Compile(definition.data) });
    this.#versions.set(definition.type, versions);
  }

  /** The newest version of every type, sorted by type. */
  latest(): EventDefinition[] {
    const newest = [...this.#versions.values()].map((versions) => versions.at(-1)!.definition);
    return newest.sort((a, b) => (a.type < b.type ? -1 : 1));
  }

  /** All versions of all types. */
  all(): EventDefinition[] {
    return [...this.#versions.values()].flatMap((versions) => versions.map(({ definition }) => definition));
  }

  /**
   * Checks an event. Data of an older version is upcast, one version at a time, to the newest; fields that nobody knows
   * are kept. An event of an unregistered type passes with its envelope checked only. Throws EventError.
   */
  check(value: unknown): KnownEvent {
    const event = this.validate(value);
    const versions = this.#versions.get(event.type);
    if (versions === undefined) return { event, definition: undefined };
    const written = this.#writtenVersion(event, versions);
    let { data } = event;
    for (const { definition } of versions.slice(written.definition.version)) {
      data = definition.upcast!(data as Record<string, unknown>);
    }
    const { definition } = versions.at(-1)!;
    return { event: { ...event, data, dataschema: dataSchemaUri(definition) }, definition };
  }

  /** Checks an event as `check` does, and returns it as it is. Throws EventError. */
  validate(value: unknown): CloudEvent {
    const event = checkEnvelope(value);
    const versions = this.#versions.get(event.type);
    if (versions !== undefined) validate(event, this.#writtenVersion(event, versions));
    return event;
  }

  /** Without a dataschema of ours the data is read as the newest version. */
  #writtenVersion(event: CloudEvent, versions: readonly Entry[]): Entry {
    const prefix = `urn:binnacle:event:${event.type}:`;
    if (event.dataschema === undefined || !event.dataschema.startsWith(prefix)) return versions.at(-1)!;
    const version = Number(event.dataschema.slice(prefix.length));
    const entry = versions[version - 1];
    if (entry !== undefined) return entry;
    throw new EventError(
      'EVENT_UNKNOWN_VERSION',
      `expected ${event.type} in version 1 to ${versions.length}, found ${event.dataschema}`,
    );
  }
}

function validate(event: CloudEvent, { definition, validator }: Entry): void {
  if (validator.Check(event.data)) return;
  const [first] = validator.Errors(event.data);
  const path = first === undefined ? '' : first.instancePath.replaceAll('/', '.');
  throw new EventError(
    'EVENT_BAD_DATA',
    `expected data of ${definition.type} version ${definition.version}, found data${path}: ${first?.message ?? 'another shape'}`,
  );
}
