import type { DemoService } from './runDemoService.ts';

/** Reads tracks from a pretended database. Version 1.8.0 forgot that a track may have no artwork. */
export const tracks: DemoService = {
  name: 'tracks',
  routes(app, { version, random }) {
    const database = new TrackDatabase(
      () => random.chance(0.06),
      () => random.chance(0.003),
    );
    app.get<{ Params: { id: string } }>('/tracks/:id', async (request) => {
      await random.latency(version === '1.8.0' ? 40 : 12);
      const row = database.find(Number(request.params.id));
      return version === '1.8.0' ? TrackMapper.fromRow(row) : TrackMapper.fromRowWithDefaults(row);
    });
  },
};

interface TrackRow {
  readonly id: number;
  readonly title: string;
  readonly artwork: { readonly url: string } | null;
}

class ConnectionLostError extends Error {
  override readonly name = 'ConnectionLostError';
}

class TrackNotReadableError extends Error {
  override readonly name = 'TrackNotReadableError';
}

class TrackDatabase {
  readonly #hasNoArtwork: () => boolean;
  readonly #isDown: () => boolean;

  constructor(hasNoArtwork: () => boolean, isDown: () => boolean) {
    this.#hasNoArtwork = hasNoArtwork;
    this.#isDown = isDown;
  }

  find(id: number): TrackRow {
    try {
      return this.#query(id);
    } catch (cause) {
      throw new TrackNotReadableError(`track ${id} cannot be read`, { cause });
    }
  }

  #query(id: number): TrackRow {
    if (this.#isDown()) throw new ConnectionLostError('server closed the connection unexpectedly');
    const artwork = this.#hasNoArtwork() ? null : { url: `https://artwork.example/${id}.jpg` };
    return { id, title: `Track ${id}`, artwork };
  }
}

const TrackMapper = {
  fromRow(row: TrackRow): object {
    return { id: row.id, title: row.title, artworkUrl: row.artwork!.url };
  },
  fromRowWithDefaults(row: TrackRow): object {
    return {
      id: row.id,
      title: row.title,
      artworkUrl: row.artwork?.url ?? 'https://artwork.example/none.jpg',
    };
  },
};
