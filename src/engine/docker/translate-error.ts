import {
  ConflictError,
  DiskFullError,
  EngineFailedError,
  EngineUnreachableError,
  NotFoundError,
  PortTakenError,
  RegistryError,
  RegistryUnreachableError,
  SandboxError,
} from '../../errors/index.js';
import { type About, type Fault, isLostConnection, readFault } from './fault.js';

interface Rule {
  readonly applies: (fault: Fault) => boolean;
  readonly make: (fault: Fault) => SandboxError;
}

/** The engine has few status codes and many sentences, so order matters: the narrow sentences first, codes last. */
const RULES: readonly Rule[] = [
  {
    applies: ({ message, errno }) => errno === 'ENOSPC' || /no space left on device/i.test(message),
    make: (fault) =>
      new DiskFullError(
        `cannot ${fault.about.action}: the engine's disk is full`,
        'see what takes the space: docker system df; remove old sandboxes and images',
        options(fault),
      ),
  },
  {
    applies: isLostConnection,
    make: unreachable,
  },
  {
    applies: ({ message }) => TAKEN_PORT.test(message),
    make: (fault) =>
      new PortTakenError(
        `cannot ${fault.about.action}: ${takenPort(fault.message)} is in use`,
        'choose another port, or free it: ss -ltnp shows who listens',
        options(fault),
      ),
  },
  {
    applies: ({ message }) =>
      /pool overlaps|non-overlapping IPv4 address pool|cannot create network .*conflicts/i.test(message),
    make: (fault) => conflict(fault, 'choose another subnet; docker network ls shows the networks there are'),
  },
  {
    applies: ({ message }) => /address already in use/i.test(message),
    make: (fault) => conflict(fault, 'another container of the network has the address; choose another one'),
  },
  {
    applies: ({ about, message }) => about.registry !== undefined && REGISTRY_SILENT.test(message),
    make: (fault) =>
      new RegistryUnreachableError(
        `cannot ${fault.about.action}: registry ${fault.about.registry} cannot be reached: ${lastPart(fault.message)}`,
        /^(127\.|localhost)/.test(fault.about.registry ?? '')
          ? 'start it: bdsandbox registry up'
          : `check that the engine's machine reaches it: curl -v https://${fault.about.registry}/v2/`,
        options(fault),
      ),
  },
  {
    applies: ({ about, status, message }) =>
      about.registry !== undefined &&
      (status === 401 || status === 403 || /unauthorized|denied|authentication required|no basic auth/i.test(message)),
    make: (fault) =>
      new RegistryError(
        `cannot ${fault.about.action}: registry ${fault.about.registry} refused: ${fault.message}`,
        'log in: bdsandbox registry login',
        options(fault),
      ),
  },
  {
    applies: ({ status, message }) =>
      status === 404 ||
      /manifest unknown|manifest for .* not found|no such (image|container|volume)|does not exist locally/i.test(
        message,
      ),
    make: (fault) =>
      new NotFoundError(
        `cannot ${fault.about.action}: ${fault.message}`,
        'it may have been removed meanwhile; list what there is: bdsandbox ls',
        options(fault),
      ),
  },
  {
    applies: ({ status, message }) =>
      status === 409 ||
      /is not running|is paused|is not paused|has active endpoints|is in use|being used by/i.test(message),
    make: (fault) => conflict(fault, 'see the state of things: bdsandbox ls'),
  },
  {
    applies: ({ about }) => about.registry !== undefined,
    make: (fault) =>
      new RegistryError(
        `cannot ${fault.about.action}: ${fault.message}`,
        `check the registry: curl -v https://${fault.about.registry}/v2/`,
        options(fault),
      ),
  },
];

/** Engines put it in new words now and then; a bare "Address already in use" is about a container's own address. */
const TAKEN_PORT =
  /port is already allocated|bind: address already in use|ports are not available|bind host port .*in use/i;

const REGISTRY_SILENT = new RegExp(
  [
    'connection refused|no such host|i/o timeout|no route to host|network is unreachable',
    'TLS handshake|server gave HTTP response|x509',
    'context deadline exceeded|awaiting headers|: EOF',
  ].join('|'),
  'i',
);

const UNREACHABLE: Readonly<Record<string, { readonly why: string; readonly hint: string }>> = {
  ECONNREFUSED: { why: 'nothing listens there', hint: 'start it: sudo systemctl start docker' },
  ENOENT: { why: 'the socket is not there', hint: 'start Docker, or set DOCKER_HOST to an engine that runs' },
  EACCES: {
    why: 'permission denied',
    hint: 'let your user talk to the engine: sudo usermod -aG docker $USER, then log in again',
  },
  ENOTFOUND: { why: 'its host name is not known', hint: 'check DOCKER_HOST or the configured endpoint' },
  ETIMEDOUT: { why: 'it does not answer', hint: 'see whether it is stuck: sudo journalctl -u docker --since -10min' },
};

/** Any error of the engine's client as a member of our family; errors that are ours already pass unchanged. */
export function translateError(thrown: unknown, about: About, endpoint: string): SandboxError {
  if (thrown instanceof SandboxError) return thrown;
  const fault = readFault(thrown, about, endpoint);
  const rule = RULES.find(({ applies }) => applies(fault));
  if (rule) return rule.make(fault);
  return new EngineFailedError(
    `cannot ${about.action}: ${fault.message}`,
    'see what the engine says: sudo journalctl -u docker --since -10min',
    options(fault),
  );
}

function options(fault: Fault): { cause: unknown; details: readonly string[] } {
  return { cause: fault.cause, details: fault.about.details ?? [] };
}

function conflict(fault: Fault, hint: string): ConflictError {
  return new ConflictError(`cannot ${fault.about.action}: ${fault.message}`, hint, options(fault));
}

function unreachable(fault: Fault): EngineUnreachableError {
  const known = UNREACHABLE[fault.errno ?? ''];
  return new EngineUnreachableError(
    `cannot ${fault.about.action}: no connection to the container engine at ${fault.endpoint}: ` +
      (known?.why ?? fault.message),
    known?.hint ?? 'check that the engine runs: docker version',
    options(fault),
  );
}

function takenPort(message: string): string {
  const found = /(?:Bind for|listen \w+|expose port \S+ ->|bind host port(?: for)?) ?(\S+?:\d+)\b/.exec(message);
  return found?.[1] ? `port ${found[1]}` : 'a port it wants';
}

/** Go wraps errors front to back; the reason comes last. */
function lastPart(message: string): string {
  return message.split(': ').slice(-2).join(': ');
}
