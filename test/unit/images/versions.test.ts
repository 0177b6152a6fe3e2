import { describe, expect, test } from 'vitest';
import { ImageBuildError } from '../../../src/errors/index.js';
import { ImageStore } from '../../../src/images/index.js';
import { noSuchVersion, releasedArtifact } from '../../../src/images/versions.js';
import { SMALL_COMPONENT } from '../catalog/folders.js';
import { engineWithRoot, recordBuilds } from './engine.js';
import { inBuildOrder, recipeWith } from './folders.js';

const POM = `<project><properties><release>1</release></properties><dependencies>
  <dependency><groupId>org.logs</groupId><artifactId>logs</artifactId><version>2.17</version></dependency>
  <dependency><groupId>org.echo</groupId><artifactId>echo-server</artifactId><version>\${release}</version></dependency>
</dependencies></project>`;

const FILES = {
  'components/echo/component.yaml': `${SMALL_COMPONENT}\nsource: {maven: pom.xml}\n`,
  'components/echo/pom.xml': POM,
  'images/versions/Dockerfile':
    'ARG BUILDER\nFROM $BUILDER\nCOPY versions /context/\nRUN ask $GROUP $ARTIFACT $VERSION\n',
  'images/versions/versions': '',
};
const OTHER = { from: 'maven', version: '9.9.9' } as const;
const ASK = ['/bin/sh', '-c', 'ask org.echo echo-server 9.9.9'];

function storeOf(engine: ReturnType<typeof recordBuilds>['engine']): ImageStore {
  return new ImageStore({ engine, registry: '127.0.0.1:1', report: () => undefined });
}

describe('before a component is built in another version than its own', () => {
  test('the repository is asked, and what there is is told; nothing but the builder is built', async () => {
    const recipe = await recipeWith({ files: FILES, release: OTHER });
    const memory = engineWithRoot().when(ASK, async ({ stdout }) => {
      await stdout('versions: 1.0 1.1 1.10 1.2 2.0-beta\n');
      return 1;
    });
    const { engine, builds } = recordBuilds(memory);
    const failed = storeOf(engine).ensure(recipe, () => undefined);
    await expect(failed).rejects.toBeInstanceOf(ImageBuildError);
    await expect(failed).rejects.toMatchObject({
      message: 'there is no echo 9.9.9 in the Maven repository',
      hint: 'there are 1.10, 1.2, 1.1, 1.0, 1; for example --with echo=1.10',
      details: [],
    });
    expect(builds.map(({ reference }) => reference.replace(/:.*/, ''))).toEqual([
      'bdsandbox/builder',
      'bdsandbox/versions',
    ]);
  });

  test('it is built where the repository has it, and nothing is left of the question', async () => {
    const recipe = await recipeWith({ files: FILES, release: OTHER });
    const memory = engineWithRoot();
    await storeOf(memory).ensure(recipe, () => undefined);
    const { images } = memory.inventory();
    expect(images).toEqual(expect.arrayContaining(inBuildOrder(recipe).map(({ reference }) => reference)));
    expect(images.some((name) => name.includes('versions'))).toBe(false);
  });

  test('a question that fails by itself ends nothing', async () => {
    const recipe = await recipeWith({ files: FILES, release: OTHER });
    const memory = engineWithRoot().when(ASK, () => 127);
    expect(await storeOf(memory).ensure(recipe, () => undefined)).toMatchObject({ origin: 'built' });
  });

  test.each([
    ['its own version', { from: 'maven', version: '1' }],
    ['a tarball', { from: 'tarball', version: '9.9.9', file: '/dev/null', sha512: 'f' }],
  ] as const)('%s is not asked for', async (_, release) => {
    const recipe = await recipeWith({ files: FILES, release });
    expect(inBuildOrder(recipe).map(({ question }) => question)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });
});

test('a component without such a dependency is not asked for', async () => {
  expect(await releasedArtifact(POM)).toEqual({ group: 'org.echo', artifact: 'echo-server' });
  expect(await releasedArtifact('<project></project>')).toBeUndefined();
  expect(
    await releasedArtifact(
      '<project><dependencies><dependency><version>1</version></dependency></dependencies></project>',
    ),
  ).toBeUndefined();
});

test.each([
  ['2.6.11-hadoop3', '; did you mean 2.6.1-hadoop3?', '2.6.1-hadoop3'],
  ['9.9.9', '', '2.6.10-hadoop3'],
])('of %s: those of the same kind, the newest first', (version, meant, example) => {
  const known = 'versions: 2.5.0 2.6.1 2.6.1-hadoop3 2.6.10-hadoop3 2.6.2-hadoop3 3.0.0-beta-1';
  const question = { component: 'hbase', version, own: '2.6.1-hadoop3', group: '', artifact: '', context: [] };
  expect(
    noSuchVersion(question, new ImageBuildError('it failed', 'see', { details: ['Step 1', known] })),
  ).toMatchObject({
    message: `there is no hbase ${version} in the Maven repository${meant}`,
    hint: `there are 2.6.10-hadoop3, 2.6.2-hadoop3, 2.6.1-hadoop3; for example --with hbase=${example}`,
  });
});
