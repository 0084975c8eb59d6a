import { EVENTS_BASE } from '../api/eventsState.ts';
import { shellQuote } from '../exceptions/curl.ts';
import { Snippet } from '../help/ConnectService.tsx';

/** A command that publishes a deploy. */
export function PublishSnippet() {
  const url = new URL(`${EVENTS_BASE}/api/v1/events`, document.baseURI).href;
  const event = {
    specversion: '1.0',
    id: 'deploy-1',
    source: 'curl',
    type: 'deploy.finished',
    datacontenttype: 'application/json',
    data: { service: 'my-service', version: '1.0.0' },
  };
  const code = `curl -H 'content-type: application/cloudevents+json' \\\n  -d ${shellQuote(JSON.stringify(event))} \\\n  ${shellQuote(url)}`;
  return <Snippet title="Publish a deploy" code={code} />;
}
