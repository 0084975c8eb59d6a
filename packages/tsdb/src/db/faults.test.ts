import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Labels, Matcher } from '@binnacle/model';
import { tempDir } from '@binnacle/testing';
import { describe, expect, it } from 'vitest';
import { SAMPLE_STATUS } from '../head/sampleStatus.ts';
import type { TsdbEvent, TsdbOptions } from './options.ts';
import { createSampleBuffer } from './series.ts';
import { Tsdb } from './tsdb.ts';

const ALL = { minMs: -Infinity, maxMs: Infinity };
/** Only root may mount a small disk. */
const canMount = probeMount();
const UP = [new Matcher('=', '__name__', 'up')];

it('refuses a folder that another process or this one has open, and takes over from one that is gone', async () => {
  using folder = tempDir('lock');
  const holder = spawn('sleep', ['60']);
  const stat = readFileSync(`/proc/${holder.pid}/stat`, 'utf8');
  const start = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  writeFileSync(join(folder.path, 'lock'), `${holder.pid} ${start}\n`);
  expect(() => open(folder.path)).toThrow(expect.objectContaining({ code: 'TSDB_LOCKED' }));
  holder.kill('SIGKILL');
  await once(holder, 'close');
  const db = open(folder.path);
  expect(() => open(folder.path)).toThrow(/open in this process/);
  await db.close();
  await open(folder.path).close();
});

it('says so when the folder cannot be used', () => {
  using folder = tempDir('file');
  const path = join(folder.path, 'a-file');
  writeFileSync(path, '');
  expect(() => open(path)).toThrow(expect.objectContaining({ code: 'TSDB_OPEN' }));
});

it.skipIf(!canMount)(
  'refuses and stores nothing of a batch when the disk is full, and goes on when there is room',
  async () => {
    using folder = tempDir('full');
    const mount = join(folder.path, 'small');
    mkdirSync(mount);
    mountSmallDisk(mount);
    try {
      const db = open(join(mount, 'data'));
      let stored = 0;
      const fill = (): void => {
        for (; stored < 1e6; stored += 500) append(db, stored, 500);
      };
      expect(fill).toThrow(expect.objectContaining({ code: 'TSDB_WAL_WRITE' }));
      expect(countUp(db)).toBe(stored);
      await expect(db.flush()).rejects.toMatchObject({ code: 'TSDB_BLOCK_WRITE' });
      expect(countUp(db)).toBe(stored);
      execFileSync('mount', ['-o', 'remount,size=8m', mount]);
      append(db, stored, 500);
      expect(countUp(db)).toBe(stored + 500);
      await db.close();
      const again = open(join(mount, 'data'));
      expect(countUp(again)).toBe(stored + 500);
      await again.close();
    } finally {
      execFileSync('umount', [mount]);
    }
  },
);

it('refuses a batch when the log cannot begin its next segment, and goes on when it can', async () => {
  using folder = tempDir('segment');
  const options = { walSegmentBytes: 1000 };
  const db = open(folder.path, options);
  const obstacle = join(folder.path, 'wal', '00000001');
  mkdirSync(obstacle);
  let stored = 0;
  const fill = (): void => {
    for (; stored < 5000; stored += 50) append(db, stored, 50);
  };
  expect(fill).toThrow(expect.objectContaining({ code: 'TSDB_WAL_WRITE' }));
  expect(fill).toThrow(expect.objectContaining({ code: 'TSDB_WAL_WRITE' }));
  expect(countUp(db)).toBe(stored);
  rmdirSync(obstacle);
  fill();
  await db.close();
  const again = open(folder.path, options);
  expect(countUp(again)).toBe(5000);
  await again.close();
});

it.skipIf(!canMount)('opens no folder that is read-only, and says why', () => {
  using folder = tempDir('readonly');
  const mount = join(folder.path, 'small');
  mkdirSync(mount);
  mountSmallDisk(mount);
  try {
    execFileSync('mount', ['-o', 'remount,ro', mount]);
    expect(() => open(mount)).toThrow(/TSDB_OPEN|cannot be used/);
  } finally {
    execFileSync('umount', [mount]);
  }
});

describe('a damaged file', () => {
  it.each(['data', 'index'])(
    'of a block (%s): its samples are missing and named, the rest is served',
    async (file) => {
      using folder = tempDir('block');
      const events: TsdbEvent[] = [];
      const db = open(folder.path, { onEvent: (event) => void events.push(event) });
      append(db, 0, 20);
      await db.flush();
      append(db, 30, 20);
      await db.close();
      const ulid = readdirSync(folder.path).find((name) => name.length === 26)!;
      flip(join(folder.path, ulid, file), 40);
      const again = open(folder.path, { onEvent: (event) => void events.push(event) });
      const set = again.select(UP, ALL);
      const out = createSampleBuffer();
      set.read(0, out);
      expect(out.length).toBe(20);
      expect(set.warnings.join()).toMatch(/expected the checksum of .* to match/);
      await again.maintain();
      expect(readdirSync(folder.path)).toContain(ulid);
      await again.close();
    },
  );

  it('of the log in the middle: the sound records are there, the damage is told and kept aside', async () => {
    using folder = tempDir('wal');
    const db = open(folder.path);
    for (let i = 0; i < 50; i++) append(db, i, 1);
    await db.close();
    const segment = join(folder.path, 'wal', '00000000');
    flip(segment, Math.floor(statSync(segment).size / 2));
    const events: TsdbEvent[] = [];
    const again = open(folder.path, { onEvent: (event) => void events.push(event) });
    expect(countUp(again)).toBe(49);
    expect(events.map(({ kind }) => kind)).toEqual(['wal-damaged']);
    expect(readdirSync(join(folder.path, 'wal'))).toContain('00000000.damaged');
    append(again, 60, 1);
    await again.close();
    const third = open(folder.path, { onEvent: (event) => void events.push(event) });
    expect(countUp(third)).toBe(50);
    expect(events).toHaveLength(1);
    await third.close();
  });

  it('of the log at its end: the torn record is cut and told', async () => {
    using folder = tempDir('torn');
    const db = open(folder.path);
    for (let i = 0; i < 10; i++) append(db, i, 1);
    await db.close();
    const segment = join(folder.path, 'wal', '00000000');
    writeFileSync(segment, readFileSync(segment).subarray(0, -5));
    const events: TsdbEvent[] = [];
    const again = open(folder.path, { onEvent: (event) => void events.push(event) });
    expect(countUp(again)).toBe(9);
    expect(events[0]).toMatchObject({ kind: 'wal-tail-cut', message: expect.stringContaining('cut') });
    await again.close();
  });
});

it('refuses what comes with an older time when the clock goes back, and goes on when it has caught up', async () => {
  using folder = tempDir('clock');
  const db = open(folder.path);
  append(db, 1000, 10);
  const late = db.batch();
  late.append(db.getOrCreateSeries(Labels.from({ __name__: 'up' })), 900, 1);
  expect([...late.commit().statuses]).toEqual([SAMPLE_STATUS.outOfOrder]);
  append(db, 1100, 10);
  expect(countUp(db)).toBe(20);
  await db.close();
});

function open(folder: string, options: Partial<TsdbOptions> = {}): Tsdb {
  return Tsdb.open({
    folder,
    blockRangeMs: 1_000_000,
    maxSeries: 4096,
    retentionMs: 0,
    maintenanceIntervalMs: 0,
    ...options,
  });
}

function append(db: Tsdb, first: number, count: number): void {
  const batch = db.batch();
  const ref = db.getOrCreateSeries(Labels.from({ __name__: 'up' }));
  for (let i = first; i < first + count; i++) batch.append(ref, i, Math.sin(i));
  batch.commit();
}

function countUp(db: Tsdb): number {
  const set = db.select(UP, ALL);
  const out = createSampleBuffer();
  if (set.length === 0) return 0;
  set.read(0, out);
  return out.length;
}

function flip(path: string, at: number): void {
  chmodSync(path, 0o644);
  const bytes = readFileSync(path);
  bytes[at]! ^= 16;
  writeFileSync(path, bytes);
}

/** A file system of 1 MiB in memory. */
function mountSmallDisk(path: string): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', path], { stdio: 'pipe' });
}

function probeMount(): boolean {
  using folder = tempDir('probe');
  try {
    mountSmallDisk(folder.path);
    execFileSync('umount', [folder.path]);
    return true;
  } catch (error) {
    if (error instanceof Error) return false;
    throw error;
  }
}
