import { waitFor } from '@binnacle/testing';
import { describe, expect, it } from 'vitest';
import { ChangeFeed, type Change } from '../lifecycle/changes.ts';
import { PushedServer } from '../testing/pusher.ts';

interface SseEvent {
  id: string;
  event: string;
  data: string;
}

/** Follows the changes until the block ends. */
class Follower implements AsyncDisposable {
  readonly events: SseEvent[] = [];
  firstId = '';
  readonly #abort = new AbortController();
  #done!: Promise<void>;
  hasEnded = false;

  static async start(url: string, lastEventId?: string): Promise<Follower> {
    const follower = new Follower();
    const response = await fetch(`${url}/api/v1/changes`, {
      signal: follower.#abort.signal,
      headers: lastEventId === undefined ? {} : { 'last-event-id': lastEventId },
    });
    expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
    follower.#done = follower.#read(response).catch(() => undefined);
    await waitFor(() => follower.firstId !== '');
    return follower;
  }

  async #read(response: Response): Promise<void> {
    let text = '';
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      const blocks = text.split('\n\n');
      text = blocks.pop()!;
      for (const block of blocks) {
        const fields = new Map(
          block
            .split('\n')
            .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
        );
        if (this.firstId === '') this.firstId = fields.get('id') ?? '';
        else if (fields.has('event'))
          this.events.push({ id: fields.get('id')!, event: fields.get('event')!, data: fields.get('data')! });
      }
    }
    this.hasEnded = true;
  }

  kinds(): string[] {
    return this.events.map(({ data }) => (JSON.parse(data) as { kind: string }).kind);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort();
    await this.#done;
  }
}

describe('following changes', () => {
  it('tells each change as it happens', async () => {
    await using fleet = await PushedServer.start(':memory:');
    await using follower = await Follower.start(fleet.server.url);
    await fleet.report('k', { version: '1' });
    fleet.clock.advance(1000);
    await fleet.report('k', { times: 2 });
    const id = await fleet.idOf('k');
    await fleet.act([id], 'mute');
    await fleet.act([id], 'unmute');
    await fleet.act([id], 'resolve');
    const { undoToken } = await fleet.act([id], 'reopen');
    await fleet.server.post('/api/v1/exceptions/actions/undo', { undoToken });
    fleet.clock.advance(1000);
    await fleet.report('k', { version: '2' });
    const kinds = [
      'first_seen',
      'count',
      'muted',
      'unmuted',
      'resolved',
      'reopened',
      'resolved',
      'regressed',
    ];
    await waitFor(() => follower.events.length === kinds.length);
    expect(follower.kinds()).toEqual(kinds);
    expect(JSON.parse(follower.events.at(-1)!.data)).toEqual({
      id,
      service: 'shop',
      key: 'k',
      class: 'k',
      severity: 'error',
      status: 'regressed',
      kind: 'regressed',
      added: 1,
      version: '2',
      at: '2026-01-15T15:00:02.000Z',
    });
  });

  it('resumes after the last event that was seen, and says when it cannot', async () => {
    await using fleet = await PushedServer.start(':memory:');
    let cursor: string;
    {
      await using follower = await Follower.start(fleet.server.url);
      cursor = follower.firstId;
      await fleet.report('a');
      await waitFor(() => follower.events.length === 1);
    }
    await fleet.report('b');
    await using resumed = await Follower.start(fleet.server.url, cursor);
    await waitFor(() => resumed.events.length === 2);
    expect(resumed.events.map(({ data }) => (JSON.parse(data) as { key: string }).key)).toEqual(['a', 'b']);
    await using again = await Follower.start(fleet.server.url, resumed.events[0]!.id);
    await waitFor(() => again.events.length === 1);
    await using lost = await Follower.start(fleet.server.url, 'another-7');
    await waitFor(() => lost.events.length === 1);
    expect(lost.events[0]!.event).toBe('reset');
  });

  it('ends when the server stops', async () => {
    const fleet = await PushedServer.start(':memory:');
    await using follower = await Follower.start(fleet.server.url);
    await fleet[Symbol.asyncDispose]();
    await waitFor(() => follower.hasEnded);
  });

  it('keeps a bounded history', () => {
    const feed = new ChangeFeed(3);
    const begin = feed.cursor;
    for (let i = 0; i < 10; i++) feed.publish({ key: String(i) } as Change);
    expect(feed.since(begin)).toBeUndefined();
    expect(feed.since(feed.cursor)).toEqual([]);
    const epoch = feed.cursor.split('-')[0]!;
    expect(feed.since(`${epoch}-7`)!.map(({ change }) => change.key)).toEqual(['7', '8', '9']);
    expect(feed.since(`${epoch}-6`)).toBeUndefined();
    for (const bad of ['', 'x', `${epoch}-x`, `${epoch}--1`, `${epoch}-11`])
      expect(feed.since(bad)).toBeUndefined();
  });
});
