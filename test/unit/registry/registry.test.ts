import { compare } from 'bcryptjs';
import { beforeEach, describe, expect, it } from 'vitest';
import type { ContainerSpec } from '../../../src/engine/index.js';
import { MemoryEngine } from '../../../src/engine/memory/index.js';
import { NotFoundError, PortTakenError, UsageError } from '../../../src/errors/index.js';
import { silent } from '../../../src/events/index.js';
import type { ImageRecipe } from '../../../src/images/index.js';
import {
  type RegistryContext,
  registryDown,
  registryStatus,
  registryUp,
  takesAnyLogin,
} from '../../../src/registry/index.js';
import { webServer } from '../images/web.js';
import { recipe } from '../sandbox/fixture.js';

const PASSWORDS = '/etc/bdsandbox/htpasswd';
const CREDENTIALS = { user: 'ann', password: 'secret' };

let engine: MemoryEngine;
beforeEach(() => {
  engine = new MemoryEngine().addImage('registry:2');
});

describe('registryUp', () => {
  it('ends with a registry on its port, and volume', async () => {
    await using web = await registryServer();
    const status = await up(web.address);
    expect(status).toEqual({
      address: web.address,
      kind: 'embedded',
      state: 'up',
      protected: false,
      container: 'bds-registry',
    });
    expect(engine.inventory()).toMatchObject({ containers: ['bds-registry'], volumes: ['bds-registry'] });
    const container = await engine.containers.inspect('bds-registry');
    expect(container).toMatchObject({
      image: 'registry:2',
      state: 'running',
      ports: [{ containerPort: 5000, hostAddress: '127.0.0.1', hostPort: portOf(web.address) }],
    });
    expect(web.requests).toContain('/v2/');
  });

  it('once more changes nothing', async () => {
    await using web = await registryServer();
    await up(web.address);
    const { id } = await engine.containers.inspect('bds-registry');
    expect(await up(web.address)).toMatchObject({ state: 'up' });
    expect((await engine.containers.inspect('bds-registry')).id).toBe(id);
  });

  it('comes back with the engine, also where an older one would not have', async () => {
    await using web = await registryServer();
    const specs: ContainerSpec[] = [];
    const create = engine.containers.create.bind(engine.containers);
    Object.assign(engine.containers, {
      create: (spec: ContainerSpec) => {
        specs.push(spec);
        return create(spec);
      },
    });
    const labels = { 'bdsandbox.role': 'registry', 'bdsandbox.registry.port': String(portOf(web.address)) };
    const older = await create({
      name: 'bds-registry',
      image: 'registry:2',
      hostname: 'registry',
      labels,
      environment: {},
    });
    await engine.containers.writeFiles(older, [{ path: PASSWORDS, content: 'ann:hash\n' }]);
    await up(web.address);
    expect(specs.map(({ restart }) => restart)).toEqual(['always']);
    const { id } = await engine.containers.inspect('bds-registry');
    expect((await engine.containers.readFile(id, PASSWORDS))?.toString()).toBe('ann:hash\n');
    await up(web.address);
    expect(specs).toHaveLength(1);
  });

  it('starts a stopped one', async () => {
    await using web = await registryServer();
    await up(web.address);
    const { id } = await engine.containers.inspect('bds-registry');
    await engine.containers.stop(id, { graceMs: 0 });
    await up(web.address);
    expect(await engine.containers.inspect('bds-registry')).toMatchObject({ id, state: 'running' });
  });

  it('with a user and a password asks for them, known by their bcrypt hash only', async () => {
    await using web = await registryServer(401);
    expect(await up(web.address, { credentials: CREDENTIALS })).toMatchObject({ state: 'up', protected: true });
    const text = String(await engine.containers.readFile('bds-registry', PASSWORDS));
    expect(text).toMatch(/^ann:\$2[aby]\$10\$\S{53}\n$/);
    expect(await compare('secret', text.trim().slice('ann:'.length))).toBe(true);
    expect(await environment()).toMatchObject({ REGISTRY_AUTH: 'htpasswd', REGISTRY_AUTH_HTPASSWD_PATH: PASSWORDS });
  });

  it('on another port makes it anew, with the passwords and images it had', async () => {
    await using one = await registryServer(401);
    await using other = await registryServer(401);
    await up(one.address, { credentials: CREDENTIALS });
    const passwords = await engine.containers.readFile('bds-registry', PASSWORDS);
    const { id } = await engine.containers.inspect('bds-registry');
    await up(other.address);
    const container = await engine.containers.inspect('bds-registry');
    expect(container.id).not.toBe(id);
    expect(container.ports.map(({ hostPort }) => hostPort)).toEqual([portOf(other.address)]);
    expect(await engine.containers.readFile('bds-registry', PASSWORDS)).toEqual(passwords);
    expect(await environment()).toMatchObject({ REGISTRY_AUTH: 'htpasswd' });
    expect(engine.inventory()).toMatchObject({ containers: ['bds-registry'], volumes: ['bds-registry'] });
  });

  it('with other credentials replaces the old ones', async () => {
    await using web = await registryServer(401);
    await up(web.address, { credentials: CREDENTIALS });
    await up(web.address, { credentials: { user: 'bob', password: 'other' } });
    expect(String(await engine.containers.readFile('bds-registry', PASSWORDS))).toMatch(/^bob:[^\n]*\n$/);
  });

  it.each(['registry.example.com', 'registry.example.com:5000', '10.0.0.1:5000', '0.0.0.0:5000'])(
    'refuses %s, which is not ours, before any call',
    async (address) => {
      await expect(up(address)).rejects.toThrow(UsageError);
      await expect(registryDown(context(address), true)).rejects.toThrow(UsageError);
      expect(engine.callCount).toBe(0);
    },
  );

  it('leaves no container when the port is taken', async () => {
    await using web = await registryServer();
    engine.occupyPort(portOf(web.address));
    const error = await up(web.address).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(PortTakenError);
    expect(error).toMatchObject({
      message: `port ${portOf(web.address)} of this machine is taken, and the registry wants it`,
      hint: expect.stringContaining('BDSANDBOX_REGISTRY=127.0.0.1:5001'),
    });
    expect(engine.inventory().containers).toEqual([]);
  });

  it('stops waiting for an answer when the user does', async () => {
    const interrupt = new AbortController();
    let address = '';
    {
      await using web = await registryServer();
      address = web.address;
    }
    engine.beforeCall = ({ name }) => {
      if (name === 'containers.start') interrupt.abort(new Error('Ctrl-C'));
    };
    const promise = registryUp(
      { ...context(address), signal: interrupt.signal },
      { recipe: noRecipe, onProgress: ignore },
    );
    await expect(promise).rejects.toThrow('Ctrl-C');
  });

  it.each<[string, string[], string]>([
    ['the public one', ['registry:2', recipe.reference], 'registry:2'],
    ['ours that was made before', [recipe.reference], recipe.reference],
  ])('takes %s of the images that are there', async (_, images, expected) => {
    await using web = await registryServer();
    engine = new MemoryEngine();
    for (const image of images) engine.addImage(image);
    await up(web.address, { recipe: async () => recipe });
    expect((await engine.containers.inspect('bds-registry')).image).toBe(expected);
    expect(engine.callNames).not.toContain('images.pull');
  });

  it('builds its image when the public one cannot be pulled', async () => {
    await using web = await registryServer();
    engine = new MemoryEngine().addImage('debian:trixie-slim');
    const context = [{ path: '/Dockerfile', content: 'FROM $ROOT\nENTRYPOINT ["docker-registry"]\n' }];
    await up(web.address, { recipe: async () => ({ ...recipe, kind: 'registry', context }) });
    expect((await engine.containers.inspect('bds-registry')).image).toBe(recipe.reference);
  });

  it('pulls the public one', async () => {
    await using web = await registryServer();
    const registry = new Map();
    await new MemoryEngine({ registry }).addImage('registry:2').images.push('registry:2', {});
    engine = new MemoryEngine({ registry });
    await up(web.address, { recipe: async () => recipe });
    expect((await engine.containers.inspect('bds-registry')).image).toBe('registry:2');
  });
});

describe('registryDown', () => {
  it('removes the container and keeps the images', async () => {
    await using web = await registryServer();
    await up(web.address);
    await registryDown(context(web.address), false);
    expect(engine.inventory()).toMatchObject({ containers: [], volumes: ['bds-registry'] });
    await expect(registryDown(context(web.address), false)).rejects.toThrow(NotFoundError);
  });

  it('with purge removes the images too, whether it is up or not', async () => {
    await using web = await registryServer();
    await up(web.address);
    await registryDown(context(web.address), true);
    expect(engine.inventory()).toMatchObject({ containers: [], volumes: [] });
    await registryDown(context(web.address), true);
  });
});

describe('registryStatus', () => {
  it.each([
    [200, false],
    [401, true],
  ])('of one that answers %i', async (code, isProtected) => {
    await using web = await registryServer(code);
    expect(await registryStatus(context(web.address))).toMatchObject({ state: 'up', protected: isProtected });
  });

  it('of none', async () => {
    let address = '';
    {
      await using web = await registryServer();
      address = web.address;
    }
    expect(await registryStatus(context(address))).toMatchObject({ state: 'down', protected: false, container: null });
  });
});

function context(address: string): RegistryContext {
  return { engine, address, report: silent };
}

function up(address: string, more: Partial<Parameters<typeof registryUp>[1]> = {}) {
  return registryUp(context(address), { recipe: noRecipe, onProgress: ignore, ...more });
}

/** Answers the version check as a registry does. */
function registryServer(code = 200) {
  return webServer((_, response) => response.writeHead(code).end('{}'));
}

async function noRecipe(): Promise<ImageRecipe> {
  throw new Error('the recipe of an image that is there was asked for');
}

function ignore(): void {}

function portOf(address: string): number {
  return Number(address.split(':')[1]);
}

/** The container's own, as a process in it sees it. */
async function environment(): Promise<Readonly<Record<string, string>>> {
  let seen: Readonly<Record<string, string>> = {};
  engine.when('env', (run) => {
    seen = run.environment;
  });
  await engine.containers.exec('bds-registry', ['env']);
  return seen;
}

it.each([
  ['takes everybody', () => 200, true],
  ['asks for a login', () => 401, false],
  ['looks at the login that somebody has', (login: string | undefined) => (login === undefined ? 200 : 401), false],
])('a registry that %s', async (_, answer, open) => {
  await using web = await webServer((request, response) => {
    response.writeHead(answer(request.headers.authorization)).end();
  });
  expect(await takesAnyLogin(web.address)).toBe(open);
});

it('of a registry that is down nobody knows', async () => {
  expect(await takesAnyLogin('127.0.0.1:1')).toBe(false);
});
