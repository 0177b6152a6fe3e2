import { describe, expect, test } from 'vitest';
import { MemoryEngine } from '../../../src/engine/memory/index.js';
import { ConflictError, EngineFailedError, FailedError } from '../../../src/errors/index.js';
import { createNetwork } from '../../../src/sandbox/network.js';
import { formatSubnet } from '../../../src/sandbox/subnet.js';

/** Two /27 and nobody's. */
const POOL = '10.213.0.0/26';

describe('createNetwork', () => {
  test('takes the first free subnet, then the next, then says that the pool is used up', async () => {
    const engine = new MemoryEngine();
    expect(await create(engine, 'one')).toBe('10.213.0.0/27');
    expect(await create(engine, 'two')).toBe('10.213.0.32/27');
    const error = await create(engine, 'three').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(FailedError);
    expect(error).toMatchObject({ message: `no subnet is free in the pool ${POOL}` });
    expect(engine.inventory().networks).toEqual(['one', 'two']);
  });

  test('goes on when another was faster', async () => {
    const engine = new MemoryEngine();
    let raced = false;
    engine.beforeCall = async ({ name }) => {
      if (name !== 'networks.create' || raced) return;
      raced = true;
      await engine.networks.create({ name: 'faster', subnet: '10.213.0.0/28', labels: {} });
    };
    expect(await create(engine, 'slower')).toBe('10.213.0.32/27');
  });

  test('gives up when the engine refuses every one, and at once when it fails', async () => {
    const refusing = new ConflictError('pool overlaps', 'choose another');
    const engine = new MemoryEngine();
    for (let n = 1; n <= 60; n += 1) engine.failAtCall(n + 1, refusing);
    await expect(create(engine, 'never', '10.213.0.0/16')).rejects.toBe(refusing);
    expect(engine.callCount).toBe(51);

    const broken = new EngineFailedError('the engine broke', 'mend it');
    const other = new MemoryEngine().failAtCall(2, broken);
    await expect(create(other, 'never')).rejects.toBe(broken);
    expect(other.callCount).toBe(2);
  });
});

async function create(engine: MemoryEngine, name: string, pool = POOL): Promise<string> {
  return formatSubnet(await createNetwork(engine, { name, labels: {}, pool, nodes: 3 }));
}
