import { AnchoredRegex } from '@binnacle/model';
import { parseListenAddress } from '../http/listenAddress.ts';
import { flag, type Flag, type FlagValues } from './flagDefinitions.ts';

/** What a service may set otherwise among the flags that every server has. */
export interface CommonFlagDefaults {
  'config.file'?: string;
  'web.enable-lifecycle'?: boolean;
  'web.cors.origin'?: string;
  'web.read-timeout'?: string;
  'web.request-timeout'?: string;
  'web.max-connections'?: number;
  'web.max-request-size'?: string;
  'shutdown.deadline'?: string;
}

/** The flags of every server, under the names Prometheus gave them where it has them. */
export function commonFlags(defaultPort: number, defaults: CommonFlagDefaults = {}) {
  return {
    'config.file': flag.string({
      help: 'The configuration file (YAML). Read again on SIGHUP and POST /-/reload.',
      group: 'Configuration',
      placeholder: 'path',
      default: defaults['config.file'] ?? '',
    }),
    ...webFlags(defaultPort, defaults),
    'shutdown.deadline': flag.duration({
      help: 'On SIGTERM or SIGINT, how long requests in flight may take to finish before they are cut.',
      group: 'Shutdown',
      default: defaults['shutdown.deadline'] ?? '30s',
    }),
    'log.level': flag.enum({
      help: 'Log messages of this severity and above.',
      group: 'Logging',
      values: ['debug', 'info', 'warn', 'error'],
      default: 'info',
    }),
    'log.format': flag.enum({
      help: 'Log as JSON lines or for a person. Without this flag: for a person on a terminal, else JSON.',
      group: 'Logging',
      values: ['json', 'pretty'],
    }),
  } as const;
}

/** Values of the flags that every server has. */
export type CommonFlagValues = FlagValues<ReturnType<typeof commonFlags>>;

function webFlags(defaultPort: number, defaults: CommonFlagDefaults) {
  const group = 'Web';
  return {
    'web.listen-address': checked(
      flag.string({
        help: 'Listen here: host:port, [::1]:port, or :port for every interface. Port 0 takes a free one.',
        group,
        placeholder: 'host:port',
        default: `127.0.0.1:${defaultPort}`,
      }),
      parseListenAddress,
    ),
    'web.config.file': flag.string({
      help: "TLS, users and tokens for every listener, in the format of Prometheus's web configuration file.",
      group,
      placeholder: 'path',
      default: '',
    }),
    'web.enable-lifecycle': flag.boolean({
      help: 'Allow reload and shutdown by POST to /-/reload and /-/quit.',
      group,
      default: defaults['web.enable-lifecycle'] ?? true,
    }),
    'web.external-url': checked(
      flag.string({
        help: 'The URL under which people reach this server. Its path becomes the prefix of every route.',
        group,
        placeholder: 'url',
        default: '',
      }),
      checkExternalUrl,
    ),
    'web.route-prefix': flag.string({
      help: 'Prefix of every route, when it differs from the path of --web.external-url.',
      group,
      placeholder: 'path',
    }),
    'web.cors.origin': checked(
      flag.string({
        help: 'Regular expression, anchored, of the origins whose pages may call this server. Empty: none.',
        group,
        placeholder: 'regex',
        default: defaults['web.cors.origin'] ?? '',
      }),
      (text) => new AnchoredRegex(text),
    ),
    'web.read-timeout': flag.duration({
      help: 'How long a client may take to send a request, and an idle connection may stay open; 0 sets no limit.',
      group,
      default: defaults['web.read-timeout'] ?? '5m',
    }),
    'web.request-timeout': flag.duration({
      help: 'How long a route may take to answer before the client gets 503; 0 sets no limit.',
      group,
      default: defaults['web.request-timeout'] ?? '2m',
    }),
    'web.max-connections': flag.int({
      help: 'Connections open at one time; more are refused.',
      group,
      min: 1,
      default: defaults['web.max-connections'] ?? 512,
    }),
    'web.max-request-size': flag.size({
      help: 'The largest request body accepted.',
      group,
      default: defaults['web.max-request-size'] ?? '32MB',
    }),
  } as const;
}

/** A text flag whose value must also pass `check`, which throws when it does not. */
function checked(inner: Flag<string>, check: (text: string) => unknown): Flag<string> {
  return {
    ...inner,
    parse: (text) => {
      check(text);
      return text;
    },
  };
}

function checkExternalUrl(text: string): void {
  const url = text === '' ? undefined : URL.parse(text);
  if (text === '' || (url !== null && /^https?:$/.test(url?.protocol ?? ''))) return;
  throw new Error(`expected a URL such as https://example.com/metrics; found ${JSON.stringify(text)}`);
}
