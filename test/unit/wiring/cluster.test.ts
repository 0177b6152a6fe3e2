import { stat } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../../src/errors/index.js';
import type { ImageRecipe } from '../../../src/images/index.js';
import {
  type ClusterRequest,
  downloadsFolder,
  IMAGES_FOLDER,
  prepareCluster,
  prepareImage,
} from '../../../src/wiring/index.js';
import { folderWith } from '../catalog/folders.js';
import { catalog } from '../plan/shipped.js';

const OPTIONS = { downloads: '/nowhere', mavenRepository: undefined, onProgress: () => undefined };

describe('prepareCluster', () => {
  it.each([...catalog.templates.keys()])('%s: plan and image agree on every version', async (template) => {
    const { plan, image } = await prepare({ template });
    expect(plan.template).toBe(template);
    expect(image).toMatchObject({ kind: 'cluster', name: template });
    expect(versionsOf(image)).toEqual(plan.components.map(({ name, version }) => `${name}=${version}`));
    expect(componentArguments(image)).toEqual(
      plan.components.map(({ name, version }) => [name, { VERSION: version, SOURCE: 'maven' }]),
    );
  });

  it('--with a version is one for both', async () => {
    const { plan, image } = await prepare({ releases: ['hbase=2.5.0', 'hadoop=maven:3.3.6'] });
    expect(plan.components).toMatchObject([
      { name: 'zookeeper' },
      { name: 'hadoop', version: '3.3.6' },
      { name: 'hbase', version: '2.5.0' },
    ]);
    expect(versionsOf(image)).toEqual(plan.components.map(({ name, version }) => `${name}=${version}`));
  });

  it('--with a tarball is its version for both, and its file for the image', async () => {
    await using folder = await folderWith({ 'hbase-9.8.7-bin.tar.gz': 'a release' });
    const file = path.join(folder.path, 'hbase-9.8.7-bin.tar.gz');
    const { plan, image } = await prepare({ releases: [`hbase=${file}`] });
    expect(plan.components.find(({ name }) => name === 'hbase')?.version).toBe('9.8.7');
    expect(versionsOf(image)).toContain('hbase=9.8.7');
    expect(image.parents['STAGE_HBASE']).toMatchObject({
      arguments: { VERSION: '9.8.7', SOURCE: 'tarball' },
      contextFiles: [{ source: file }],
    });
  });

  it('of two --with of one component the last one counts', async () => {
    const { plan, image } = await prepare({ releases: ['hbase=1', 'hbase=2'] });
    expect(plan.components.at(-1)).toEqual({ name: 'hbase', version: '2' });
    expect(versionsOf(image)).toContain('hbase=2');
  });

  it.each([
    ['hadoop', 'hbase=2.6.1', 'hadoop has no component hbase', 'its components are: hadoop'],
    [
      'hadoop-hbase',
      'hbsae=2.6.1',
      'hadoop-hbase has no component hbsae',
      'its components are: zookeeper, hadoop, hbase',
    ],
    ['hadoop-hbase', 'hbase', "'hbase' is not COMPONENT=VERSION", 'write for example'],
  ])('%s refuses --with %s', async (template, release, message, hint) => {
    const error = await prepare({ template, releases: [release] }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UsageError);
    expect(error).toMatchObject({
      message: expect.stringContaining(message),
      hint: expect.stringContaining(hint),
    });
  });

  it('guesses what was meant', async () => {
    await expect(prepare({ releases: ['hbsae=1'] })).rejects.toThrow(/did you mean.*hbase/);
  });

  it('refuses a template that is not there', async () => {
    await expect(prepare({ template: 'hadop' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('the number of nodes, settings and restarts change the plan, not the image', async () => {
    const one = await prepare({});
    const other = await prepare({ nodes: 1, settings: ['hdfs-site:dfs.replication=1'], restart: 'on-failure' });
    expect(other.plan).toMatchObject({
      topology: 'single',
      settings: ['hdfs-site:dfs.replication=1'],
      restart: 'on-failure',
    });
    expect(other.plan.nodes).toHaveLength(1);
    expect(other.plan.digest).not.toBe(one.plan.digest);
    expect(other.image.reference).toBe(one.image.reference);
  });

  it('one’s own Maven repository makes another image', async () => {
    const mavenRepository = 'https://nexus.example.com/maven';
    const one = await prepare({});
    const other = await prepare({}, { ...OPTIONS, mavenRepository });
    expect(other.image.reference).not.toBe(one.image.reference);
    expect(other.plan.digest).toBe(one.plan.digest);
  });
});

it('prepareImage makes the image of prepareCluster', async () => {
  const request = { template: 'hadoop', releases: ['hadoop=3.3.6'] };
  const image = await prepareImage(catalog, request, OPTIONS);
  expect(image.reference).toBe((await prepare(request)).image.reference);
});

it('the images’ folder is there', async () => {
  for (const kind of ['base', 'builder', 'node', 'registry']) {
    expect((await stat(path.join(IMAGES_FOLDER, kind))).isDirectory()).toBe(true);
  }
});

it('downloads go to the cache of the user', () => {
  expect(downloadsFolder({ XDG_CACHE_HOME: '/cache' })).toBe('/cache/bdsandbox/downloads');
  expect(downloadsFolder({})).toMatch(/^\/.*\/\.cache\/bdsandbox\/downloads$/);
});

function prepare(request: Partial<ClusterRequest>, options: Parameters<typeof prepareCluster>[2] = OPTIONS) {
  const all = { template: 'hadoop-hbase', releases: [], settings: [], restart: 'no', ...request } as const;
  return prepareCluster(catalog, all, options);
}

function versionsOf({ labels }: ImageRecipe): string[] {
  return (labels['bdsandbox.image.versions'] ?? '').split(' ');
}

function componentArguments({ parents }: ImageRecipe) {
  return Object.values(parents)
    .filter(({ kind }) => kind === 'component')
    .map(({ name, arguments: given }) => [name, given]);
}
