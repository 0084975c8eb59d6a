import { waitFor } from '@binnacle/testing';
import { describe, expect, it } from 'vitest';
import { FakeTarget } from '../testing/fakeTarget.ts';
import { PushedServer } from '../testing/pusher.ts';
import { TestServer } from '../testing/server.ts';
import { describeOnEachStorage } from '../testing/storages.ts';

const DAY_MS = 86_400_000;

describeOnEachStorage('lifecycle', (newStorage) => {
  it('is new for a day, then ongoing', async () => {
    await using fleet = await PushedServer.start(await newStorage());
    await fleet.report('k');
    expect(await fleet.statusOf('k')).toBe('new');
    fleet.clock.advance(DAY_MS + 1000);
    expect(await fleet.statusOf('k')).toBe('ongoing');
    expect(await fleet.server.list('status=ongoing')).toHaveLength(1);
  });

  it('stays resolved until a new occurrence, which reopens it as regressed (trap T4)', async () => {
    await using fleet = await PushedServer.start(await newStorage());
    await fleet.report('k', { times: 5 });
    fleet.clock.advance(1000);
    const id = await fleet.idOf('k');
    expect((await fleet.act([id], 'resolve')).affected).toBe(1);
    expect((await fleet.act([id], 'resolve')).affected).toBe(0);
    fleet.clock.advance(1000);
    await fleet.report('k', { times: 0 });
    expect(await fleet.statusOf('k')).toBe('resolved');
    await fleet.report('k');
    expect(await fleet.statusOf('k')).toBe('regressed');
    const [listed] = await fleet.server.list();
    expect(listed).toMatchObject({ totalCount: 6, resolvedAt: null });
    const { activity } = await fleet.server.get<{ activity: { action: string; by: string }[] }>(
      `/api/v1/exceptions/${id}`,
    );
    expect(activity.map(({ action, by }) => [action, by])).toEqual([
      ['regressed', ''],
      ['resolved', 'tester'],
      ['first_seen', ''],
    ]);
  });

  it('is not reopened by occurrences from before the resolution that were read later', async () => {
    await using fleet = await PushedServer.start(await newStorage());
    await fleet.report('k');
    const happened = fleet.clock.now();
    fleet.clock.advance(5000);
    await fleet.act([await fleet.idOf('k')], 'resolve');
    fleet.clock.advance(1000);
    await fleet.report('k', { atMs: happened + 1000, times: 2 });
    expect(await fleet.statusOf('k')).toBe('resolved');
    await fleet.report('k', { target: 'another that was not read yet', atMs: happened + 2000 });
    expect(await fleet.statusOf('k')).toBe('resolved');
    expect((await fleet.server.list())[0]!.totalCount).toBe(4);
    await fleet.report('k');
    expect(await fleet.statusOf('k')).toBe('regressed');
  });

  it('tells a regression in a new version from an old version that still runs', async () => {
    await using fleet = await PushedServer.start(await newStorage());
    await fleet.report('old', { version: '1' });
    await fleet.report('new', { version: '1' });
    await fleet.report('unknown', { version: '' });
    fleet.clock.advance(1000);
    const ids = [await fleet.idOf('old'), await fleet.idOf('new'), await fleet.idOf('unknown')];
    expect((await fleet.act(ids, 'resolve')).affected).toBe(3);
    fleet.clock.advance(1000);
    await fleet.report('old', { version: '1' });
    await fleet.report('new', { version: '2' });
    await fleet.report('unknown', { version: '' });
    const listed = await fleet.server.list('status=regressed');
    expect(Object.fromEntries(listed.map(({ key, regression }) => [key, regression]))).toMatchObject({
      old: { version: '1', kind: 'old_version' },
      new: { version: '2', kind: 'new_version' },
      unknown: { version: '', kind: 'unknown_version' },
    });
  });

  it('can be reopened by hand', async () => {
    await using fleet = await PushedServer.start(await newStorage());
    await fleet.report('k');
    const id = await fleet.idOf('k');
    await fleet.act([id], 'resolve');
    await fleet.act([id], 'reopen');
    expect(await fleet.statusOf('k')).toBe('new');
  });

  it('is muted until a time', async () => {
    await using fleet = await PushedServer.start(await newStorage());
    await fleet.report('k');
    await fleet.act([await fleet.idOf('k')], 'mute', { mute: { until: '2026-01-15T16:00:00Z' } });
    expect(await fleet.statusOf('k')).toBe('muted');
    expect((await fleet.server.list())[0]!.mute).toEqual({
      until: '2026-01-15T16:00:00.000Z',
      count: null,
      version: null,
      by: 'tester',
    });
    expect((await fleet.server.get<{ total: number }>('/api/v1/exceptions')).total).toBe(0);
    await fleet.report('k');
    expect(await fleet.statusOf('k')).toBe('muted');
    fleet.clock.advance(3_600_001);
    expect(await fleet.statusOf('k')).toBe('new');
    await waitFor(async () => {
      fleet.clock.advance(5000);
      return (await fleet.server.list())[0]!.mute === null;
    });
  });

  it('is muted until a count', async () => {
    await using fleet = await PushedServer.start(await newStorage());
    await fleet.report('k', { times: 2 });
    await fleet.act([await fleet.idOf('k')], 'mute', { mute: { count: 3 } });
    await fleet.report('k', { times: 2 });
    expect(await fleet.statusOf('k')).toBe('muted');
    await fleet.report('k');
    expect(await fleet.statusOf('k')).toBe('new');
  });

  it('is muted until a new version', async () => {
    await using fleet = await PushedServer.start(await newStorage());
    await fleet.report('k', { version: '1' });
    await fleet.report('k', { version: '2' });
    await fleet.act([await fleet.idOf('k')], 'mute', { mute: { newVersion: true } });
    expect((await fleet.server.list())[0]!.mute).toMatchObject({ version: '2' });
    await fleet.report('k', { version: '1' });
    expect(await fleet.statusOf('k')).toBe('muted');
    await fleet.report('k', { version: '3' });
    expect(await fleet.statusOf('k')).toBe('new');
  });

  it('is muted for good, and unmuted by hand', async () => {
    await using fleet = await PushedServer.start(await newStorage());
    await fleet.report('k');
    const id = await fleet.idOf('k');
    await fleet.act([id], 'mute');
    fleet.clock.advance(400 * DAY_MS);
    expect(await fleet.statusOf('k')).toBe('muted');
    expect((await fleet.act([id], 'unmute')).affected).toBe(1);
    expect((await fleet.act([id], 'unmute')).affected).toBe(0);
    expect(await fleet.statusOf('k')).toBe('ongoing');
  });

  it('undoes a bulk action once, but not what happened since', async () => {
    await using fleet = await PushedServer.start(await newStorage());
    await fleet.report('a');
    await fleet.report('b', { service: 'search' });
    await fleet.report('c');
    fleet.clock.advance(1000);
    const ids = [await fleet.idOf('a'), await fleet.idOf('b'), await fleet.idOf('c'), '0'.repeat(32)];
    const { affected, undoToken, undoUntil } = await fleet.act(ids, 'resolve');
    expect(affected).toBe(3);
    expect(Date.parse(undoUntil)).toBe(fleet.clock.now() + 15 * 60_000);
    fleet.clock.advance(1000);
    await fleet.report('c');
    expect(await fleet.server.post('/api/v1/exceptions/actions/undo', { undoToken })).toEqual({
      affected: 2,
    });
    expect([await fleet.statusOf('a'), await fleet.statusOf('b'), await fleet.statusOf('c')]).toEqual([
      'new',
      'new',
      'regressed',
    ]);
    await expect(fleet.server.post('/api/v1/exceptions/actions/undo', { undoToken })).rejects.toThrow(/410/);
    const late = await fleet.act(ids, 'resolve');
    fleet.clock.advance(15 * 60_000 + 1);
    await expect(
      fleet.server.post('/api/v1/exceptions/actions/undo', { undoToken: late.undoToken }),
    ).rejects.toThrow(/410/);
  });
});

describe('lifecycle of scraped targets', () => {
  it('holds a resolution over scrapes that export the same counts, and over our restart', async () => {
    await using target = await FakeTarget.start();
    target.report('k', 3);
    await using server = await TestServer.start(
      `services: [{name: shop, static_configs: [{targets: ["${target.address}"]}], scraper: {refresh_interval: 40ms}}]`,
    );
    await server.waitForTotals({ k: 3 });
    const { id } = (await server.list())[0]!;
    await server.post('/api/v1/exceptions/actions', { ids: [id], action: 'resolve' });
    target.report('another', 1);
    await server.waitForTotals({ k: 3, another: 1 });
    await server.restart();
    const seen = target.requests;
    await waitFor(() => target.requests > seen + 2);
    expect((await server.list('q=k'))[0]!.status).toBe('resolved');
    target.report('k', 1);
    await server.waitForTotals({ k: 4, another: 1 });
    expect((await server.list('q=k'))[0]!.status).toBe('regressed');
  });
});
