export { EventError, type EventErrorCode } from './errors.ts';
export { cloudEventSchema, newEvent, type CloudEvent, type NewEventOptions } from './envelope.ts';
export { defineEvent, dataSchemaUri, type EventDefinition } from './defineEvent.ts';
export { EventRegistry, platformEvents, type KnownEvent } from './registry.ts';
export { fromHttp, toHttp, type HttpMessage } from './httpBinding.ts';
export { fromKafka, toKafka, type KafkaMessage } from './kafkaBinding.ts';
export { compareSchemas, type Incompatibility } from './compatibility.ts';
export { activity, type Activity } from './types/activity.ts';
export { alertFiring, alertResolved, alertSilenced, type Alert, type AlertSilenced } from './types/alert.ts';
export { deployFinished, type DeployFinished } from './types/deploy.ts';
export {
  exceptionFirstSeen,
  exceptionRegressed,
  exceptionResolved,
  type ExceptionEvent,
} from './types/exception.ts';
export { targetDown, targetUp, type TargetEvent } from './types/target.ts';
