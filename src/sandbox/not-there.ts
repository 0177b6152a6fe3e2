import { didYouMean, NotFoundError } from '../errors/index.js';
import type { SandboxRecord } from './inventory.js';
import { LABELS } from './labels.js';

/** For a name that no sandbox has. @param owner whose sandboxes are meant first */
export function noSandbox(name: string, records: readonly SandboxRecord[], owner: string): NotFoundError {
  const [mine = [], others = []] = [true, false].map((own) =>
    records.flatMap(({ sandbox }) => ((sandbox.owner === owner) === own ? [sandbox.name] : [])),
  );
  const hint = mine.length === 0 ? `create it: bdsandbox create hadoop-hbase ${name}` : `yours are: ${mine.join(', ')}`;
  return new NotFoundError(
    `there is no sandbox ${name}${didYouMean(name, [...mine, ...others])}`,
    renamedHint(records, name) ?? hint,
  );
}

/**
 * For a word that no node is called by.
 * @param takes what the command can be given: who named a service and left out its node is told what to write
 */
export function noNode({ sandbox, containers }: SandboxRecord, word: string, takes: 'node' | 'service'): NotFoundError {
  const names = sandbox.nodes.map(({ name }) => name);
  const home = sandbox.nodes.find((_, index) => containers[index]?.services.some(({ name }) => name === word));
  const place = `${sandbox.name}/${home?.name}`;
  return new NotFoundError(
    `${sandbox.name} has no node ${word}${didYouMean(word, names)}`,
    home
      ? `${word} is a service; write ${takes === 'node' ? place : `${place}/${word}`}`
      : `its nodes are: ${names.join(', ')}`,
  );
}

/** @param where sandbox or node, for people @param names of its services, each once or more often */
export function noService(where: string, word: string, names: Iterable<string>): NotFoundError {
  const known = [...new Set(names)];
  return new NotFoundError(
    `${where} has no service ${word}${didYouMean(word, known)}`,
    `its services are: ${known.join(', ')}`,
  );
}

/** For a name that is not there: what a sandbox that was made with it is called now. */
function renamedHint(records: readonly SandboxRecord[], name: string): string | undefined {
  const renamed = records.find(({ containers }) => containers[0]?.summary.labels[LABELS.sandbox] === name);
  return renamed && `it was renamed, to ${renamed.sandbox.name}`;
}
