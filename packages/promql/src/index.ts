export {
  createSampleBuffer,
  type Queryable,
  type SampleBuffer,
  type SelectRange,
  type SeriesSet,
  type ShareableQueryable,
} from './storage.ts';
