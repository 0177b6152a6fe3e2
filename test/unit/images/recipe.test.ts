import { describe, expect, it } from 'vitest';
import type { ImageRecipe } from '../../../src/images/index.js';
import { SMALL_COMPONENT, SMALL_TEMPLATE } from '../catalog/folders.js';
import { type Change, inBuildOrder, recipeWith } from './folders.js';

const ALL = ['base', 'builder', 'echo', 'late-echo', 'echoes'];

const CHANGES: [string, Change, string[]][] = [
  ['a component’s Dockerfile', { files: { 'components/echo/Dockerfile': 'FROM scratch\n' } }, ['echo', 'echoes']],
  ['a file of its rootfs', { files: { 'components/echo/rootfs/usr/bin/echo2': '#!/bin/bash\n' } }, ['echo', 'echoes']],
  ['one more file in its rootfs', { files: { 'components/echo/rootfs/empty': '' } }, ['echo', 'echoes']],
  ['an executable bit', { executable: 'components/echo/rootfs/usr/bin/echo2' }, ['echo', 'echoes']],
  ['its version', { release: { from: 'maven', version: '2' } }, ['echo', 'echoes']],
  ['a release tarball', { release: tarball('a', '/there/echo.tar.gz') }, ['echo', 'echoes']],
  ['the Maven repository', { maven: { url: 'https://nexus.example.com' } }, ['echo', 'late-echo', 'echoes']],
  ['component.yaml', { files: { 'components/echo/component.yaml': `${SMALL_COMPONENT}# more\n` } }, []],
  ['files/, which the plan renders', { files: { 'components/echo/files/echo.txt': 'good bye\n' } }, []],
  ['how its daemons are started for a moment', { files: { 'components/echo/train': 'daemon echo\n' } }, ['echoes']],
  ['what makes the class archives', { files: { 'images/classes/archive': 'java\n' } }, ['echoes']],
  ['the base', { files: { 'images/base/Dockerfile': 'FROM scratch\n' } }, ['base', 'echoes']],
  ['the builder', { files: { 'images/builder/rootfs/build': 'ant\n' } }, ['builder', 'echo', 'late-echo', 'echoes']],
  ['the node’s agent', { files: { 'images/node/rootfs/init': 'another\n' } }, ['echoes']],
  ['the registry’s image', { files: { 'images/registry/Dockerfile': 'FROM scratch\n' } }, []],
  ['a template', { files: { 'clusters/echoes.yaml': SMALL_TEMPLATE } }, []],
];

describe('tags', () => {
  it('are the same for the same input in another folder', async () => {
    expect(tags(await recipeWith())).toEqual(tags(await recipeWith()));
  });

  it.each(CHANGES)('a change of %s', async (_, change, expected) => {
    expect(changed(await recipeWith(), await recipeWith(change))).toEqual(expected);
  });

  it.each<[string, Change, Change, string[]]>([
    ['content', { release: tarball('a', '/a.tar.gz') }, { release: tarball('b', '/a.tar.gz') }, ['echo', 'echoes']],
    ['place', { release: tarball('a', '/a.tar.gz') }, { release: tarball('a', '/elsewhere/b.tar.gz') }, []],
  ])('a tarball’s %s', async (_, one, other, expected) => {
    expect(changed(await recipeWith(one), await recipeWith(other))).toEqual(expected);
  });

  it('another Maven repository is another input', async () => {
    const one = await recipeWith({ maven: { url: 'https://one.example.com' } });
    const other = await recipeWith({ maven: { url: 'https://other.example.com' } });
    expect(changed(one, other)).toEqual(['echo', 'late-echo', 'echoes']);
  });

  it('name the kind, so that a component and a template of one name do not meet', async () => {
    for (const [name, reference] of Object.entries(tags(await recipeWith()))) {
      const repository = name.endsWith('echo') ? `component-${name}` : name;
      expect(reference).toMatch(new RegExp(`^bdsandbox/${repository}:[0-9a-f]{16}$`));
    }
  });
});

describe('a recipe', () => {
  it('is built after its parents, each of them once', async () => {
    const order = inBuildOrder(await recipeWith());
    expect(order.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      'base base',
      'builder builder',
      'component echo',
      'component late-echo',
      'cluster echoes',
    ]);
  });

  it('has a Dockerfile that puts the components on the base, archives of their classes, and the agent on top', async () => {
    const recipe = await recipeWith();
    expect(recipe.context.map(({ path }) => path)).toEqual([
      '/Dockerfile',
      '/classes/archive',
      '/rootfs/init',
      '/rootfs/usr/lib/bdsandbox/jvm.options',
    ]);
    expect(recipe.context[0]?.content).toMatchInlineSnapshot(`
      "ARG BASE
      ARG STAGE_ECHO
      ARG STAGE_LATE_ECHO
      FROM \${STAGE_ECHO} AS stage_echo
      FROM \${STAGE_LATE_ECHO} AS stage_late_echo
      FROM $BASE
      COPY --from=stage_echo / /
      COPY --from=stage_late_echo / /
      COPY classes/ /usr/lib/bdsandbox/classes/
      COPY rootfs/usr/lib/bdsandbox/jvm.options rootfs/usr/lib/bdsandbox/logging.properties /usr/lib/bdsandbox/
      RUN ["/usr/lib/bdsandbox/classes/archive","echo=/opt/echo","late-echo=/opt/late-echo"]
      COPY rootfs/ /
      ENTRYPOINT ["/usr/lib/bdsandbox/init"]
      STOPSIGNAL SIGTERM
      "
    `);
    expect(Object.keys(recipe.parents)).toEqual(['BASE', 'STAGE_ECHO', 'STAGE_LATE_ECHO']);
  });

  it('labels images with kind, name, digest and versions', async () => {
    const recipe = await recipeWith({ release: tarball('a', '/echo-7.tar.gz') });
    expect(recipe.labels).toEqual({
      'bdsandbox.image': 'cluster',
      'bdsandbox.image.name': 'echoes',
      'bdsandbox.image.digest': recipe.digest,
      'bdsandbox.image.versions': 'echo=7 late-echo=1',
    });
    expect(recipe.reference).toBe(`bdsandbox/echoes:${recipe.digest.slice(0, 16)}`);
  });

  it('gives a component’s build its release', async () => {
    const [maven, release] = [await recipeWith(), await recipeWith({ release: tarball('a', '/there/echo-7.tar.gz') })];
    expect(stage(maven)).toMatchObject({ arguments: { VERSION: '1', SOURCE: 'maven' }, contextFiles: [] });
    expect(stage(release)).toMatchObject({
      arguments: { VERSION: '7', SOURCE: 'tarball' },
      contextFiles: [{ path: '/release.tar.gz', source: '/there/echo-7.tar.gz' }],
    });
  });

  it('takes a component’s way to start its daemons for the archives, and keeps it out of the component', async () => {
    const recipe = await recipeWith({ files: { 'components/echo/train': 'daemon echo\n' } });
    expect(recipe.context.map(({ path }) => path)).toContain('/classes/train/echo');
    expect(stage(recipe)?.context.map(({ path }) => path)).not.toContain('/train');
  });

  it('keeps component.yaml and files/ out of the build, and keeps modes', async () => {
    const recipe = await recipeWith({ executable: 'components/echo/rootfs/usr/bin/echo2' });
    expect(stage(recipe)?.context.map(({ path, mode }) => [path, mode])).toEqual([
      ['/Dockerfile', 0o644],
      ['/rootfs/usr/bin/echo2', 0o755],
    ]);
  });

  it('hands the Maven repository over as settings, escaped', async () => {
    const recipe = await recipeWith({ maven: { url: 'https://nexus.example.com/a?b=1&c=<d' } });
    const settings = stage(recipe)?.context.find(({ path }) => path === '/settings.xml');
    expect(settings?.content).toContain('<url>https://nexus.example.com/a?b=1&amp;c=&lt;d</url>');
  });
});

function stage(recipe: ImageRecipe): ImageRecipe | undefined {
  return recipe.parents['STAGE_ECHO'];
}

function tags(recipe: ImageRecipe): Record<string, string> {
  return Object.fromEntries(inBuildOrder(recipe).map(({ name, reference }) => [name, reference]));
}

function changed(one: ImageRecipe, other: ImageRecipe): string[] {
  const [before, after] = [tags(one), tags(other)];
  expect([Object.keys(before), Object.keys(after)]).toEqual([ALL, ALL]);
  return ALL.filter((name) => before[name] !== after[name]);
}

function tarball(digit: string, file: string): NonNullable<Change['release']> {
  return { from: 'tarball', version: '7', file, sha512: digit.repeat(128) };
}
