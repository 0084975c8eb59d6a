import { writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { FakeClock, tempDir } from '@binnacle/testing';
import { describe, expect, it } from 'vitest';
import { Readable } from 'node:stream';
import { createHttpClient, readBody, type HttpClientConfig } from '../index.ts';
import type { HttpResponse } from './httpClient.ts';
import { httpFake, sendJson } from '../testing/httpFake.ts';
import { TEST_CERTIFICATE, TEST_KEY } from '../testing/tlsFixture.ts';
import { proxyRule } from './proxy.ts';

/** Sends one request with the configuration and returns what the server saw. */
async function seen(config: HttpClientConfig, baseDir = '.'): Promise<IncomingMessage> {
  await using server = await httpFake((_, response) => response.end());
  const client = createHttpClient(config, { baseDir });
  await client.request(server.url);
  await client.close();
  return server.requests[0]!;
}

describe('credentials', () => {
  it('sends what the configuration says', async () => {
    using folder = tempDir();
    writeFileSync(join(folder.path, 'secret'), ' s3cret\n');
    const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;
    const cases: [HttpClientConfig, string | undefined][] = [
      [{}, undefined],
      [{ basic_auth: { username: 'u', password: 'p:q' } }, basic('u:p:q')],
      [{ basic_auth: { username_file: 'secret', password_file: 'secret' } }, basic('s3cret:s3cret')],
      [{ authorization: { credentials: 'x' } }, 'Bearer x'],
      [{ authorization: { type: 'Token', credentials_file: 'secret' } }, 'Token s3cret'],
      [{ bearer_token: 'x' }, 'Bearer x'],
      [{ bearer_token_file: 'secret' }, 'Bearer s3cret'],
    ];
    for (const [config, expected] of cases) {
      const request = await seen(config, folder.path);
      expect(request.headers.authorization, JSON.stringify(config)).toBe(expected);
    }
  });

  it('adds http_headers from values, secrets and files', async () => {
    using folder = tempDir();
    writeFileSync(join(folder.path, 'tenant'), 'three\n');
    const request = await seen(
      { http_headers: { 'X-Scope-OrgID': { values: ['one'], secrets: ['two'], files: ['tenant'] } } },
      folder.path,
    );
    expect(request.headers['x-scope-orgid']).toBe('one, two, three');
  });

  it('takes a rotated secret up with the next request', async () => {
    using folder = tempDir();
    await using server = await httpFake((_, response) => response.end());
    const client = createHttpClient({ bearer_token_file: 'token' }, { baseDir: folder.path });
    for (const token of ['one', 'two']) {
      writeFileSync(join(folder.path, 'token'), token);
      await client.request(server.url);
    }
    expect(server.requests.map((request) => request.headers.authorization)).toEqual([
      'Bearer one',
      'Bearer two',
    ]);
    await client.close();
  });

  it('says which file it cannot read', async () => {
    await expect(seen({ bearer_token_file: 'absent' })).rejects.toThrow(/cannot read absent/);
  });

  it('stay with the origin they were configured for', async () => {
    await using other = await httpFake((_, response) => response.end('there'));
    await using server = await httpFake((_, response) =>
      response.writeHead(302, { location: `${other.url}/x` }).end(),
    );
    const client = createHttpClient({
      bearer_token: 'x',
      http_headers: { 'x-key': { secrets: ['k'] } },
    });
    const response = await client.request(server.url, { headers: { Cookie: 'c', accept: 'a' } });
    expect(response.url).toBe(`${other.url}/x`);
    expect(server.requests[0]!.headers).toMatchObject({
      authorization: 'Bearer x',
      'x-key': 'k',
      cookie: 'c',
    });
    expect(other.requests[0]!.headers).toMatchObject({ accept: 'a' });
    for (const name of ['authorization', 'x-key', 'cookie'])
      expect(other.requests[0]!.headers).not.toHaveProperty(name);
    await client.close();
  });
});

describe('oauth2', () => {
  it('gets a token once, renews it when it expires, and finds how the server takes the secret', async () => {
    let issued = 0;
    await using tokens = await httpFake((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        const form = new URLSearchParams(body);
        if (form.get('client_secret') !== 'secret') response.writeHead(401).end();
        else
          sendJson(response, {
            access_token: `${form.get('scope')}-${form.get('x')}-${++issued}`,
            expires_in: 60,
          });
      });
    });
    await using server = await httpFake((_, response) => response.end());
    const clock = new FakeClock();
    const client = createHttpClient(
      {
        oauth2: {
          client_id: 'id',
          client_secret: 'secret',
          token_url: `${tokens.url}/token`,
          scopes: ['a', 'b'],
          endpoint_params: { x: 'y' },
        },
      },
      { clock },
    );
    await Promise.all([client.request(server.url), client.request(server.url)]);
    clock.advance(51_000);
    await client.request(server.url);
    expect(server.requests.map((request) => request.headers.authorization)).toEqual([
      'Bearer a b-y-1',
      'Bearer a b-y-1',
      'Bearer a b-y-2',
    ]);
    expect(tokens.requests.map((request) => request.headers.authorization !== undefined)).toEqual([
      true,
      false,
      false,
    ]);
    await client.close();
  });

  it('reports a refusal', async () => {
    await using tokens = await httpFake((_, response) => response.writeHead(403).end());
    const client = createHttpClient({
      oauth2: { client_id: 'id', client_secret: 's', token_url: tokens.url },
    });
    await expect(client.request(tokens.url)).rejects.toMatchObject({ code: 'HTTP_OAUTH2_FAILED' });
    await client.close();
  });
});

describe('redirects', () => {
  it('are followed to the end, or not at all', async () => {
    await using server = await httpFake((request, response) => {
      if (request.url === '/end') response.end('end');
      else response.writeHead(308, { location: request.url === '/a' ? 'b' : '/end' }).end();
    });
    const client = createHttpClient({});
    expect((await readBody(await client.request(`${server.url}/a`), 10)).toString()).toBe('end');
    const still = createHttpClient({ follow_redirects: false });
    expect((await still.request(`${server.url}/a`)).statusCode).toBe(308);
    await Promise.all([client.close(), still.close()]);
  });

  it('end after ten', async () => {
    await using server = await httpFake((_, response) =>
      response.writeHead(302, { location: '/again' }).end(),
    );
    const client = createHttpClient({});
    await expect(client.request(server.url)).rejects.toMatchObject({ code: 'HTTP_TOO_MANY_REDIRECTS' });
    expect(server.requests).toHaveLength(11);
    await client.close();
  });
});

describe('time and size', () => {
  it('gives up after timeoutMs, also in the middle of a body', async () => {
    await using server = await httpFake((request, response) => {
      if (request.url === '/body') response.write('x');
    });
    const client = createHttpClient({});
    await expect(client.request(server.url, { timeoutMs: 50 })).rejects.toThrow(/timeout/i);
    const response = await client.request(`${server.url}/body`, { timeoutMs: 200 });
    await expect(readBody(response, 10)).rejects.toThrow(/timeout/i);
    await client.close();
  });

  it('ends with the caller’s signal', async () => {
    await using server = await httpFake(() => undefined);
    const client = createHttpClient({});
    const controller = new AbortController();
    const request = client.request(server.url, { signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(request).rejects.toThrow('enough');
    await client.close();
  });

  it('decodes bodies, and bounds what they decode to', async () => {
    const text = 'a'.repeat(100_000);
    const encoders = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync, identity: Buffer.from };
    await using server = await httpFake((request, response) => {
      const encoding = request.url!.slice(1);
      const encode = encoders[encoding as keyof typeof encoders] ?? Buffer.from;
      response.writeHead(200, { 'content-encoding': encoding }).end(encode(text));
    });
    const client = createHttpClient({});
    for (const encoding of Object.keys(encoders)) {
      const get = () => client.request(`${server.url}/${encoding}`);
      expect((await readBody(await get(), 100_000)).toString()).toBe(text);
      await expect(readBody(await get(), 99_999)).rejects.toMatchObject({ code: 'HTTP_BODY_TOO_LARGE' });
    }
    const odd = await client.request(`${server.url}/lzw`);
    await expect(readBody(odd, 10)).rejects.toMatchObject({ code: 'HTTP_BAD_ENCODING' });
    await client.close();
  });

  it('survives that a body in an unknown encoding fails while it is let go', async () => {
    const body = new Readable({
      read: () => undefined,
      destroy: (_error, done) => done(new Error('cut')),
    }) as HttpResponse['body'];
    // Only `close` is listened to: `finished` and `once` would take the error themselves.
    const closed = new Promise<void>((resolve) => body.once('close', () => resolve()));
    const uncaught: unknown[] = [];
    const note = (error: unknown): void => void uncaught.push(error);
    process.on('uncaughtException', note);
    await expect(readBody({ headers: { 'content-encoding': 'lzw' }, body }, 10)).rejects.toThrow(/lzw/);
    await closed;
    process.off('uncaughtException', note);
    expect(uncaught).toEqual([]);
  });
});

it('sends a GET again when the peer closed the idle connection, and only a GET', async () => {
  let refused = 0;
  await using server = await httpFake((request, response) => {
    if (request.url === '/twice' && refused++ === 0) request.socket.destroy();
    else if (request.url === '/never') request.socket.destroy();
    else response.end('ok');
  });
  const client = createHttpClient({});
  expect((await readBody(await client.request(`${server.url}/twice`), 10)).toString()).toBe('ok');
  await expect(client.request(`${server.url}/never`, { method: 'POST', body: 'x' })).rejects.toThrow();
  expect(server.requests.map((request) => request.url)).toEqual(['/twice', '/twice', '/never']);
  await client.close();
});

describe('TLS', () => {
  const cert = TEST_CERTIFICATE;
  const key = TEST_KEY;

  it('checks the server’s certificate against ca and server_name', async () => {
    await using server = await httpFake((_, response) => response.end('ok'), { cert, key });
    const status = async (tls_config: HttpClientConfig['tls_config']): Promise<number> => {
      const client = createHttpClient(tls_config === undefined ? {} : { tls_config });
      try {
        return (await client.request(server.url)).statusCode;
      } finally {
        await client.close();
      }
    };
    await expect(status(undefined)).rejects.toThrow(/certificate/i);
    await expect(status({ ca: cert })).rejects.toThrow(/127\.0\.0\.1/);
    expect(await status({ ca: cert, server_name: 'binnacle.test' })).toBe(200);
    expect(await status({ insecure_skip_verify: true })).toBe(200);
    await expect(
      status({ ca: cert, server_name: 'binnacle.test', max_version: 'TLS12', min_version: 'TLS13' }),
    ).rejects.toThrow();
  });

  it('shows its certificate, and reads renewed files', async () => {
    using client = tempDir('tls');
    await using server = await httpFake((_, response) => response.end('ok'), {
      cert,
      key,
      ca: cert,
      requestCert: true,
      rejectUnauthorized: true,
    });
    const tls = { insecure_skip_verify: true, cert_file: 'c.pem', key_file: 'k.pem' };
    const http = createHttpClient({ tls_config: tls }, { baseDir: client.path });
    await expect(http.request(server.url)).rejects.toThrow(/cannot read c\.pem/);
    writeFileSync(join(client.path, 'c.pem'), cert);
    writeFileSync(join(client.path, 'k.pem'), key);
    expect((await http.request(server.url)).statusCode).toBe(200);
    await http.close();
  });
});

describe('proxies', () => {
  it('forward HTTP and tunnel HTTPS', async () => {
    await using server = await httpFake((_, response) => response.end('origin'));
    const tunnelled: string[] = [];
    await using proxy = await httpFake((request, response) => response.end(`forwarded ${request.url}`));
    proxy.server.on('connect', (request, socket: Socket) => {
      tunnelled.push(`${request.url} ${request.headers['x-proxy']}`);
      const onward = connect(Number(new URL(server.url).port), '127.0.0.1');
      onward.on('error', () => socket.destroy());
      socket.on('error', () => onward.destroy());
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      socket.pipe(onward).pipe(socket);
    });
    const client = createHttpClient({ proxy_url: proxy.url, proxy_connect_header: { 'X-Proxy': ['yes'] } });
    const response = await client.request(`${server.url}/path`);
    expect((await readBody(response, 100)).toString()).toBe(`forwarded ${server.url}/path`);
    await expect(client.request('https://secure.test/')).rejects.toThrow();
    expect(tunnelled).toEqual(['secure.test:443 yes']);
    await client.close();
  });

  it('are left out by no_proxy and chosen by the environment as in Go', () => {
    const proxy_url = 'http://proxy:1';
    const rule = proxyRule(
      { proxy_url, no_proxy: 'example.org, .sub.net,10.0.0.0/8, 1.2.3.4:80,[fd00::1]:8080,fd01::/16' },
      {},
    );
    const direct = (url: string): boolean => rule(new URL(url)) === undefined;
    const excluded = [
      'http://example.org',
      'http://a.example.org:99',
      'http://x.sub.net',
      'http://10.200.0.1',
      'http://1.2.3.4',
      'http://[fd00::1]:8080',
      'http://[fd01::5]',
      'http://localhost:9',
      'http://127.0.0.9',
      'http://[::1]',
    ];
    const proxied = [
      'http://xexample.org',
      'http://sub.net',
      'http://11.0.0.1',
      'https://1.2.3.4',
      'http://[fd00::1]',
    ];
    expect(excluded.filter((url) => !direct(url))).toEqual([]);
    expect(proxied.filter(direct)).toEqual([]);
    expect(proxyRule({ proxy_url }, {})(new URL('http://localhost'))).toBe(proxy_url);
    const environment = { HTTP_PROXY: 'http://p', https_proxy: 'http://s', NO_PROXY: 'skip.test' };
    const fromEnvironment = proxyRule({ proxy_from_environment: true }, environment);
    const urls = ['http://a.test', 'https://a.test', 'http://skip.test'];
    expect(urls.map((url) => fromEnvironment(new URL(url)))).toEqual(['http://p', 'http://s', undefined]);
  });
});

it('refuses keys that exclude each other', () => {
  const cases: HttpClientConfig[] = [
    { bearer_token: 'a', basic_auth: { username: 'b' } },
    { bearer_token: 'a', bearer_token_file: 'b' },
    { basic_auth: { username: 'u', password: 'a', password_file: 'b' } },
    { authorization: { credentials: 'a', credentials_file: 'b' } },
    { authorization: { type: 'Basic', credentials: 'a' } },
    { oauth2: { client_id: 'a', token_url: 'not a URL' } },
    { tls_config: { ca: 'a', ca_file: 'b' } },
    { tls_config: { cert_file: 'a' } },
    { proxy_url: 'socks5://a' },
    { no_proxy: 'a' },
    { proxy_url: 'http://a', proxy_from_environment: true },
    { http_headers: { Authorization: { values: ['x'] } } },
    { http_headers: { 'bad name': { values: ['x'] } } },
  ];
  for (const config of cases) {
    expect(() => createHttpClient(config), JSON.stringify(config)).toThrow(
      expect.objectContaining({ code: 'HTTP_BAD_CONFIG' }),
    );
  }
});
