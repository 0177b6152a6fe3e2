import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { buffer } from 'node:stream/consumers';
import { MemoryEngine, type Program } from '../../../src/engine/memory/index.js';
import { BIG_BYTES, describeEngineContract, SCRIPTS } from './contract.js';

describeEngineContract('memory', async () => {
  const engine = new MemoryEngine().addImage('contract-base:memory');
  engine.when('cat', async ({ command, stdin, files, stdout }) => {
    const content = command[1] === undefined ? await buffer(stdin) : files.read(command[1]);
    if (content === undefined) return 1;
    await stdout(content);
    return 0;
  });
  for (const [name, program] of Object.entries(PROGRAMS)) {
    const script = SCRIPTS[name as keyof typeof SCRIPTS];
    engine.when((command) => /^(\/bin\/)?sh$/.test(command[0] ?? '') && command[2] === script, program);
  }
  return { engine, image: 'contract-base:memory' };
});

const forEver = async (killed: AbortSignal): Promise<void> => {
  if (!killed.aborted) await once(killed, 'abort');
};

/** The same scripts, by hand. */
const PROGRAMS: Record<keyof typeof SCRIPTS, Program> = {
  main: async ({ stdout, stderr, killed }) => {
    await stdout('one\n');
    await stderr('two\n');
    await stdout('three\n');
    await forEver(killed);
  },
  brief: async ({ stdout }) => {
    await stdout('bye\n');
    return 3;
  },
  outAndErr: async ({ stdout, stderr }) => {
    await stdout('out\n');
    await stderr('err\n');
    return 7;
  },
  environment: async ({ environment, workingDirectory, stdout }) => {
    await stdout(`${environment.GREETING} ${workingDirectory}\n`);
  },
  big: async ({ stdout, stderr }) => {
    for (let sent = 0; sent < BIG_BYTES; sent += 65_536) await stdout(Buffer.alloc(65_536));
    await stderr(Buffer.alloc(1000));
  },
  hang: async ({ stdout, killed }) => {
    await stdout('started\n');
    await forEver(killed);
  },
  earlyEnd: async ({ stdin, stdout }) => {
    for await (const chunk of stdin) {
      await stdout(Buffer.from(chunk).subarray(0, 5));
      return;
    }
  },
  write: ({ files }) => files.write('/data/written', 'changed\n'),
  greet: ({ environment, stdout }) => stdout(`${environment.GREETING}\n`),
  answer: async ({ stdin, stdout, files }) => {
    for await (const line of createInterface({ input: stdin })) await stdout(`heard ${line}\n`);
    files.write('/ended', 'over\n');
  },
  failingBuild: async ({ stdout }) => {
    await stdout('last words\n');
    return 4;
  },
};
