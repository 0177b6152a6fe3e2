import { rules } from '@secretlint/secretlint-rule-preset-recommend';
import { describe, expect, it, test } from 'vitest';
import { DETECTORS, detect } from '../../../src/secrets/detect.js';
import { Redactor } from '../../../src/secrets/redact.js';

const HEX = '0123456789abcdef';

/** Put together here: what looks like a key in a source alarms everybody's scanners. */
const FIXTURES: Readonly<Record<string, string>> = {
  aws: `AKIA${'Q2W3'.repeat(4)}`,
  npm: `npm_${'a1B2'.repeat(9)}`,
  slack: `xoxb-${'1234'.repeat(3)}-${'abCD'.repeat(5)}`,
  sendgrid: `SG.${'a1B2'.repeat(5)}ab.${'a1B2'.repeat(10)}abc`,
  shopify: `shpat_${HEX.repeat(2)}`,
  github: `ghp_${'a1B2'.repeat(9)}`,
  gitlab: `glpat-${'a1B2'.repeat(5)}`,
  grafana: `glsa_${'a1B2'.repeat(8)}_${HEX.slice(0, 8)}`,
  openai: `sk-${'a1B2'.repeat(5)}T3BlbkFJ${'a1B2'.repeat(5)}`,
  anthropic: `sk-ant-api03-${'a1B2'.repeat(23)}AA`,
  groq: `gsk_${'a1B2'.repeat(13)}`,
  huggingface: `hf_${'aB'.repeat(17)}`,
  linear: `lin_api_${'a1B2'.repeat(10)}`,
  notion: `ntn_${'1'.repeat(11)}${'aB1c2'.repeat(7)}`,
  '1password': `ops_${btoa(JSON.stringify({ email: 'a'.repeat(91) }))}`,
  'hashicorp-vault': `hvs.${'a1B2'.repeat(24)}`,
  vercel: `vcp_${'a1B2'.repeat(6)}`,
  databricks: `dapi${HEX.repeat(2)}`,
  docker: `dckr_pat_${'a1B'.repeat(9)}`,
  figma: `figd_${'a1B2'.repeat(10)}`,
};

describe.each(Object.entries(FIXTURES))('%s', (rule, secret) => {
  it('is found by its rule', () => {
    expect(DETECTORS.get(rule)?.(`a ${secret} b`)).toEqual([[2, 2 + secret.length]]);
  });

  it.each([
    ['log', `2026-01-01 INFO sent ${secret} to x`],
    ['properties', `a.name.that.says.nothing=${secret}`],
    ['json', `{"name":"${secret}"}`],
  ] as const)('is replaced in a file of format %s', (format, text) => {
    const redactor = new Redactor(format, detect);
    const shown = redactor.redact(text);
    expect(shown).toBe(text.replace(secret, '<redacted>'));
    expect(redactor.places).toBe(1);
    expect(new Redactor(format, detect).redact(shown)).toBe(shown);
  });

  it('is replaced in XML, which stays one', () => {
    const text = `<property><name>a</name><value>${secret}</value></property>`;
    expect(new Redactor('xml', detect).redact(text)).toBe(text.replace(secret, '&lt;redacted&gt;'));
  });
});

test('every rule of secretlint has a fixture here, or is one of those that are done by rules of ours', () => {
  const ours = ['privatekey', 'basicauth', 'database-connection-string', 'gcp', 'filter-comments'];
  const names = rules.map(({ meta }) => meta.id.replace(/^.*-rule-/, ''));
  expect([...Object.keys(FIXTURES), ...ours].sort()).toEqual(names.toSorted());
  expect([...DETECTORS.keys()].sort()).toEqual(Object.keys(FIXTURES).sort());
});

test('places are in order, and one where two rules find the same', () => {
  const [one, two] = [FIXTURES['github'] ?? '', FIXTURES['npm'] ?? ''];
  expect(detect(`${two} ${one}`)).toEqual([
    [0, 40],
    [41, 81],
  ]);
  expect(detect(`x_authToken=${two}`)).toHaveLength(1);
});

/** What a real cluster logs: names of classes, blocks, applications, identifiers, paths, and talk about tokens. */
test.each([
  'INFO org.apache.hadoop.security.token.SecretManager: Updating the current master key for generating delegation tokens',
  'INFO BlockTokenSecretManager: Setting block keys. BlockPool = BP-1073741825-10.255.0.1-1700000000000 .',
  'INFO org.apache.hadoop.hdfs.security.token.block.BlockTokenSecretManager: block access token update interval=600 min(s)',
  'org.apache.hadoop.security.authentication.server.AuthenticationFilter: Unable to initialize FileSignerSecretProvider, falling back to use random secrets. Reason: Could not read signature secret file: /root/hadoop-http-auth-signature-secret',
  'INFO org.apache.hadoop.yarn.server.resourcemanager.security.RMContainerTokenSecretManager: ContainerTokenKeyRollingInterval: 86400000ms and ContainerTokenKeyActivationDelay: 900000ms',
  'dfs.block.access.token.lifetime=600',
  'INFO blk_1073741825_1001 src: /10.255.0.3:43210 dest: /10.255.0.3:9866 volume: /data/dfs/dn',
  'application_1700000000000_0001 container_1700000000000_0001_01_000002',
  'hbase:meta,,1.1588230740 encodedName=d41d8cd98f00b204e9800998ecf8427e',
  'clusterid: CID-0f2b1c3d-4e5f-6789-abcd-ef0123456789 sha256:4355a46b19d348dc2f57c046f8ef63d4538ebb936000f3c9ee954a27460dd865',
  'KeyProvider: null; Basic authentication is not enabled; Bearer authentication neither',
  'password is required, the password was not set, Password is expired',
  'user.dir=/opt/hadoop PWD=/opt/hadoop OLDPWD=/root',
  'fs.azure.account.keyprovider.x.dfs.core.windows.net=org.apache.hadoop.fs.azure.SimpleKeyProvider',
  'hadoop.security.credential.provider.path=jceks://hdfs@nn1/user/a.jceks',
  'hadoop.http.authentication.signature.secret.file=/root/hadoop-http-auth-signature-secret',
  'cookie path /, cookies are persistent; CookieSigner',
  'mysql -P 3306 -h db is not installed; curl -u is',
  'GET /jmx?qry=Hadoop:service=NameNode,name=FSNamesystem HTTP/1.1 200',
])('stays: %s', (text) => {
  for (const format of ['log', 'properties'] as const) expect(new Redactor(format, detect).redact(text)).toBe(text);
});

test('a megabyte of logs takes little time', () => {
  const line =
    '2026-01-01 10:00:00,000 INFO org.apache.hadoop.security.token.SecretManager: token blk_1073741825_1001\n';
  const before = process.cpuUsage();
  new Redactor('log', detect).redact(line.repeat(Math.ceil(1e6 / line.length)));
  const { user } = process.cpuUsage(before);
  expect(user / 1000).toBeLessThan(1500);
});
