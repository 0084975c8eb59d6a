import {
  ColumnSource,
  type F64Column,
  type SharedBuffers,
  type U32Column,
  type U8Column,
} from '../index/columns.ts';
import { SeriesTable } from '../index/seriesTable.ts';
import { WordArena } from '../index/wordArena.ts';

/** Samples of a series that wait uncompressed; also the most samples of a page. */
export const PAGE_TICKS = 32;

/** Series of one group at most, so that sealing one page is short. */
export const MAX_GROUP = 1024;

/** Indices of `HeadMemory.state`. */
export const STATE = {
  members: 0,
  memberFree: 1,
  tails: 2,
  tailFree: 3,
  groups: 4,
  groupFree: 5,
  pages: 6,
  pageFree: 7,
  sides: 8,
  sideFree: 9,
  /** How often series, label pairs and symbols were freed. */
  sweeps: 10,
  size: 16,
} as const;

/** Indices of `HeadMemory.clock`. */
export const CLOCK = { minTime: 0, maxTime: 1, size: 8 } as const;

/**
 * Everything the head keeps in shared memory, as columns. The writer makes one; a reader in another thread attaches
 * the same buffers. Ids of series, members, groups, pages and side entries start at 1; 0 means none.
 *
 * A group is a set of series that get their samples at the same times (a scrape): the times are kept once. A member
 * is one series' place in one group. A series that changes groups gets a new member, which points to the one before.
 */
export class HeadMemory {
  readonly columns: ColumnSource;
  readonly table: SeriesTable;
  readonly state: U32Column;
  readonly clock: F64Column;

  /** By series: the epoch of its reference, its current member, its side entries, the time of its last sealed sample. */
  readonly seriesEpoch: U32Column;
  readonly seriesMember: U32Column;
  readonly seriesSide: U32Column;
  readonly seriesLastTime: F64Column;
  /** By series: the start timestamp of its newest sample in order, 0 for unknown. As long as samples have some. */
  readonly seriesStart: F64Column;

  /** By member. Without a tail, `memberPresent` is the second in which the member was retired (0: only idle). */
  readonly memberGroup: U32Column;
  readonly memberIndex: U32Column;
  readonly memberSeries: U32Column;
  readonly memberTail: U32Column;
  readonly memberPresent: U32Column;
  readonly memberHistograms: U32Column;
  readonly memberPrevious: U32Column;

  /** PAGE_TICKS values for every tail: the bits of a float, or where a histogram lies in its window. */
  readonly tails: F64Column;

  /** By group: PAGE_TICKS times of the open page, how many there are and may be, the members, the last sealed page. */
  readonly groupTimes: F64Column;
  readonly groupTicks: U32Column;
  readonly groupTickLimit: U32Column;
  readonly groupMembersAt: U32Column;
  readonly groupMembers: U32Column;
  readonly groupMembersLog: U8Column;
  /** Members of the group that have a tail. */
  readonly groupLive: U32Column;
  readonly groupLastPage: U32Column;
  readonly groupLastTime: F64Column;
  readonly groupWindowEnd: F64Column;
  readonly memberLists: WordArena;

  /** By page: where it lies in which window, the page before it in its group, its times, ticks and members. */
  readonly pageWindow: U32Column;
  readonly pageAt: U32Column;
  readonly pagePrevious: U32Column;
  readonly pageTicks: U8Column;
  readonly pageMembers: U32Column;
  readonly pageMinTime: F64Column;
  readonly pageMaxTime: F64Column;

  /** By side entry: see sideLog.ts. */
  readonly sideKind: U8Column;
  readonly sidePrevious: U32Column;
  readonly sideTime: F64Column;
  readonly sideValue: F64Column;

  constructor(maxSeries: number, shared?: SharedBuffers) {
    const columns = new ColumnSource(shared);
    // A series that changes groups has a member in each until the next cut; most never do.
    const maxMembers = 4 * maxSeries;
    const maxGroups = 2 * maxSeries;
    this.columns = columns;
    this.table = new SeriesTable(columns, maxSeries);
    this.state = columns.u32('headState', STATE.size);
    this.clock = columns.f64('headClock', CLOCK.size);
    this.seriesEpoch = columns.u32('seriesEpoch', maxSeries);
    this.seriesMember = columns.u32('seriesMember', maxSeries);
    this.seriesSide = columns.u32('seriesSide', maxSeries);
    this.seriesLastTime = columns.f64('seriesLastTime', maxSeries);
    this.seriesStart = columns.f64('seriesStart', maxSeries);
    this.memberGroup = columns.u32('memberGroup', maxMembers);
    this.memberIndex = columns.u32('memberIndex', maxMembers);
    this.memberSeries = columns.u32('memberSeries', maxMembers);
    this.memberTail = columns.u32('memberTail', maxMembers);
    this.memberPresent = columns.u32('memberPresent', maxMembers);
    this.memberHistograms = columns.u32('memberHistograms', maxMembers);
    this.memberPrevious = columns.u32('memberPrevious', maxMembers);
    this.tails = columns.f64('tails', 2 * maxSeries * PAGE_TICKS);
    this.groupTimes = columns.f64('groupTimes', maxGroups * PAGE_TICKS);
    this.groupTicks = columns.u32('groupTicks', maxGroups);
    this.groupTickLimit = columns.u32('groupTickLimit', maxGroups);
    this.groupMembersAt = columns.u32('groupMembersAt', maxGroups);
    this.groupMembers = columns.u32('groupMembers', maxGroups);
    this.groupMembersLog = columns.u8('groupMembersLog', maxGroups);
    this.groupLive = columns.u32('groupLive', maxGroups);
    this.groupLastPage = columns.u32('groupLastPage', maxGroups);
    this.groupLastTime = columns.f64('groupLastTime', maxGroups);
    this.groupWindowEnd = columns.f64('groupWindowEnd', maxGroups);
    this.memberLists = new WordArena(columns, 'memberLists', 2 * maxMembers);
    const maxPages = 16 * maxSeries;
    this.pageWindow = columns.u32('pageWindow', maxPages);
    this.pageAt = columns.u32('pageAt', maxPages);
    this.pagePrevious = columns.u32('pagePrevious', maxPages);
    this.pageTicks = columns.u8('pageTicks', maxPages);
    this.pageMembers = columns.u32('pageMembers', maxPages);
    this.pageMinTime = columns.f64('pageMinTime', maxPages);
    this.pageMaxTime = columns.f64('pageMaxTime', maxPages);
    const maxSides = 32 * maxSeries;
    this.sideKind = columns.u8('sideKind', maxSides);
    this.sidePrevious = columns.u32('sidePrevious', maxSides);
    this.sideTime = columns.f64('sideTime', maxSides);
    this.sideValue = columns.f64('sideValue', maxSides);
    if (columns.isFresh) this.#initialise();
  }

  #initialise(): void {
    this.state.ensure(STATE.size);
    for (const key of ['members', 'tails', 'groups', 'pages', 'sides'] as const) {
      this.state.array[STATE[key]] = 1;
    }
    this.clock.ensure(CLOCK.size);
    this.clock.array[CLOCK.minTime] = Infinity;
    this.clock.array[CLOCK.maxTime] = -Infinity;
    this.tails.ensure(PAGE_TICKS);
  }
}
