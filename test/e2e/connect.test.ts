import { chmod, cp, mkdtemp, mkdtempDisposable, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { CreatedSandbox } from '../../src/sandbox/index.js';
import { bds, docker, inNode, json, OWNER, ok, runAndSignal } from './cli.js';
import { TINY } from './tiny.js';

interface Environment {
  readonly kit: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly hosts: Readonly<Record<string, string>>;
  readonly clientAddress: string;
}

const NAME = 'e2e-connect';
const CLIENT = fileURLToPath(new URL('./fixtures/client', import.meta.url));
const EXAMPLE = fileURLToPath(new URL('../../examples/java-client', import.meta.url));
/** Of the cluster's image. */
const JARS = '/opt/hbase/lib/*:/opt/hadoop/lib/*';
const JAVA =
  'javac -proc:none -d /tmp -cp "$jars" /src/Client.java && java @/usr/lib/bdsandbox/jvm.options $BDSANDBOX_JAVA_OPTIONS -cp "/tmp:$HBASE_CONF_DIR:$HADOOP_CONF_DIR:$jars" Client "$1"';

let cache: string;
let environment: Readonly<Record<string, string>>;
let sandbox: CreatedSandbox;

beforeAll(async () => {
  cache = await mkdtemp(path.join(tmpdir(), 'bdsandbox-connect-'));
  environment = { XDG_CACHE_HOME: cache };
  sandbox = await json<CreatedSandbox>(['create', 'hadoop-hbase', NAME, '--nodes', '1']);
});

afterAll(async () => {
  await bds(['destroy', '--all', '--force']);
  await rm(cache, { recursive: true, force: true });
});

describe('a program of this machine', () => {
  test('in Java writes a file and a row that the sandbox has, by a kit alone', async () => {
    const text = `text of ${Date.now()}`;
    const output = await onHost(JAVA, text);
    expect(output).toContain(`file ${text}\nrow ${text}`);
    expect(await inNode(NAME, 'hdfs dfs -cat /e2e-connect/file')).toBe(text);
    expect(await inNode(NAME, `echo "get 'e2e-connect', 'r'" | hbase shell -n`)).toContain(`value=${text}`);
  });

  test('that is Hadoop’s or HBase’s own command finds it by its variables', async () => {
    const output = await onHost('echo by command | hdfs dfs -put -f - /e2e-connect/command && yarn node -list');
    expect(output).toMatch(/sandbox:45454\s+RUNNING/);
    expect(await inNode(NAME, 'hdfs dfs -cat /e2e-connect/command')).toBe('by command');
    expect(await onHost(`echo "count 'e2e-connect'" | hbase shell -n`)).toMatch(/1 row\(s\)/);
  });

  test('sends a MapReduce job there', async () => {
    const jar = '/opt/hadoop/share/hadoop/mapreduce/hadoop-mapreduce-examples-*.jar';
    expect(await onHost(`hadoop jar ${jar} pi 2 10 2>&1`)).toMatch(/Estimated value of Pi is 3\.\d+/);
  });

  test('of the guide, run by Maven, writes its row', async ({ skip }) => {
    const there = await Promise.all(['mvn', 'javac'].map((tool) => execa('which', [tool], { reject: false })));
    skip(
      there.some(({ exitCode }) => exitCode !== 0),
      'this machine has no mvn and javac',
    );
    await using folder = await mkdtempDisposable(path.join(tmpdir(), 'bdsandbox-java-'));
    await cp(EXAMPLE, folder.path, { recursive: true, filter: (source) => path.basename(source) !== 'target' });
    const maven = ['mvn', '-q', '-f', folder.path, 'compile', 'exec:java'];
    expect(await ok(['run', NAME, '--', ...maven], { environment })).toContain('r1 f:page /home');
    expect(await inNode(NAME, `echo "get 'visits', 'r1'" | hbase shell -n`)).toContain('value=/home');
  });

  test('that is no Java has the names too, and others as ever', async () => {
    const script = `const answer = await fetch('http://sandbox:9870/webhdfs/v1/e2e-connect/command?op=OPEN');
      console.log(answer.status, answer.url, (await answer.text()).trim());
      const { lookup } = await import('node:dns/promises');
      console.log((await lookup('localhost')).address);`;
    const output = await ok(['run', NAME, '--', process.execPath, '--input-type=module', '-e', script], {
      environment,
    });
    // A DataNode gave the file: the NameNode leads on to it by its name.
    expect(output).toMatch(/^200 http:\/\/sandbox:9864\S+ by command\n(127\.0\.0\.1|::1)$/);
    expect(await readFile('/etc/hosts', 'utf8')).not.toContain(sandbox.nodes[0]?.bridgeAddress);
  });
});

describe('what is on this machine already', () => {
  test('a proxy is not asked for the nodes', async () => {
    const proxies = { http_proxy: 'http://127.0.0.1:9', HTTP_PROXY: 'http://127.0.0.1:9', NO_PROXY: 'corp.example' };
    const script = `import os, urllib.request
print(urllib.request.urlopen("http://sandbox:9870/webhdfs/v1/?op=LISTSTATUS").status, os.environ["NO_PROXY"])`;
    const words = [
      'curl',
      '--silent',
      '--output',
      '/dev/null',
      '--write-out',
      '%{http_code}',
      'http://sandbox:9870/jmx',
    ];
    const options = { environment: { ...environment, ...proxies } };
    expect(await ok(['run', NAME, '--', ...words], options)).toBe('200');
    const address = sandbox.nodes[0]?.bridgeAddress;
    expect(await ok(['run', NAME, '--', 'python3', '-c', script], options)).toBe(`200 corp.example,sandbox,${address}`);
  });

  test('another user, whom root becomes, has names and config', async ({ skip }) => {
    skip(process.getuid?.() !== 0, 'only root may become another user');
    await chmod(cache, 0o755);
    const script = 'grep -c fs.defaultFS "$HADOOP_CONF_DIR/core-site.xml"; getent hosts sandbox; id -un';
    const output = await ok(['run', NAME, '--', 'su', 'nobody', '-s', '/bin/sh', '-c', script], { environment });
    expect(output).toMatch(/^1\n[\d.]+ +sandbox\nnobody$/);
  });

  test('a form of another site changes nothing by a published port, and programs do', async () => {
    await inNode(NAME, 'echo whole | hdfs dfs -put -f - /e2e-form');
    const page = sandbox.nodes[0]?.ports.find(({ service }) => service === 'namenode')?.url;
    const ask = async (method: string, query: string, ...headers: string[]): Promise<string> => {
      const words = ['--silent', '--output', '/dev/null', '--write-out', '%{http_code}', '--request', method];
      const target = new URL(`/webhdfs/v1/${query}`, page ?? '').href;
      return (await execa('curl', [...words, ...headers.flatMap((header) => ['--header', header]), target])).stdout;
    };
    const site = ['User-Agent: Mozilla/5.0', 'Origin: http://evil.example', 'Content-Type: text/plain'];
    expect(await ask('POST', 'e2e-form?op=TRUNCATE&newlength=1', ...site)).toBe('400');
    expect(await inNode(NAME, 'hdfs dfs -cat /e2e-form')).toBe('whole');
    expect(await ask('PUT', 'e2e-page?op=MKDIRS', 'User-Agent: Mozilla/5.0', 'X-XSRF-HEADER: own page')).toBe('200');
    expect(await ask('PUT', 'e2e-program?op=MKDIRS')).toBe('200');
  });

  test('a test tool tells its results when it is asked to', async () => {
    const image = await docker('inspect', `bds.${NAME}`, '--format', '{{.Image}}');
    const pe =
      'java @/usr/lib/bdsandbox/jvm.options $BDSANDBOX_JAVA_OPTIONS -cp "$HBASE_CONF_DIR:$HADOOP_CONF_DIR:$jars:/opt/hbase/tools/*" \
      org.apache.hadoop.hbase.PerformanceEvaluation --nomapred --rows=100 --table=e2e-pe sequentialWrite 1';
    const script = `docker run --rm --network host --entrypoint bash --volume "$BDSANDBOX_KIT:$BDSANDBOX_KIT:ro" \
        --env HADOOP_CONF_DIR --env HBASE_CONF_DIR --env BDSANDBOX_JAVA_OPTIONS --env 'jars=${JARS}' ${image} -euc "$1" 2>&1`;
    const run = (...level: string[]): Promise<string> =>
      ok(['run', NAME, '--names', 'jvm', ...level, '--', 'bash', '-euc', script, 'bash', pe], { environment });
    expect(await run('--log-level', 'INFO')).toMatch(/INFO PerformanceEvaluation: \[SequentialWriteTest\] Summary/);
    expect(await run()).not.toContain('Summary');
  });
});

describe('through the engine', () => {
  const tunnel = (...command: readonly string[]) =>
    ok(['run', NAME, '--via', 'tunnel', '--names', 'jvm', '--', ...command], { environment });

  test('a Java program writes a file and a row, as if the nodes were not reached', async () => {
    const text = `by tunnel ${Date.now()}`;
    const image = await docker('inspect', `bds.${NAME}`, '--format', '{{.Image}}');
    const script = `docker run --rm --network host --entrypoint bash --volume "$BDSANDBOX_KIT:$BDSANDBOX_KIT:ro" \
        --volume '${CLIENT}:/src:ro' --env HADOOP_CONF_DIR --env HBASE_CONF_DIR --env BDSANDBOX_JAVA_OPTIONS \
        --env 'jars=${JARS}' ${image} -euo pipefail -c "$1" bash "$2"`;
    const output = await tunnel('bash', '-euc', script, 'bash', JAVA, text);
    expect(output).toContain(`file ${text}\nrow ${text}`);
    expect(await inNode(NAME, 'hdfs dfs -cat /e2e-connect/file')).toBe(text);
    expect(await inNode(NAME, `echo "get 'e2e-connect', 'r'" | hbase shell -n`)).toContain(`value=${text}`);
  });

  test('names lead to loopback addresses, and nothing is left afterwards', async () => {
    const [kit = '', hosts = ''] = (
      await tunnel('bash', '-c', 'echo "$BDSANDBOX_KIT"; cat "$BDSANDBOX_KIT/hosts"')
    ).split(/\n([\s\S]*)/);
    expect(hosts).toMatch(/^127\.\d+\.\d+\.1 sandbox$/m);
    await expect(readdir(kit)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('run', () => {
  test('passes input, output and exit code on', async () => {
    const script = 'read -r line; echo "got $line"; echo aside >&2; exit 42';
    const run = await bds(['run', NAME, '--', 'bash', '-c', script], { environment, input: 'a line\n' });
    expect(run).toEqual({ exitCode: 42, stdout: 'got a line', stderr: 'aside' });
    const collected = await bds(['run', NAME, '--json', '--', 'bash', '-c', 'echo out; exit 3'], { environment });
    expect(collected.exitCode).toBe(3);
    expect(JSON.parse(collected.stdout)).toEqual({ ok: true, data: { exitCode: 3, stdout: 'out\n', stderr: '' } });
  });

  test('passes signals on, and the program decides', async () => {
    const script = 'trap "exit 7" TERM; while :; do sleep 0.1; done';
    expect(await runAndSignal(['run', NAME, '--', 'bash', '-c', script], environment, 'SIGTERM', 5000)).toMatchObject({
      code: 7,
    });
  });

  test('of a command that is not there is 127', async () => {
    const { exitCode, stderr } = await bds(['run', NAME, '--', 'bds-no-such-command'], { environment });
    expect(exitCode).toBe(127);
    expect(stderr).toContain('there is no command bds-no-such-command');
  });

  test('without names for all tells JVMs, and says so', async () => {
    const { variables } = await kitOf(NAME);
    const run = await bds(['run', NAME, '--names', 'jvm', '--', 'bash', '-c', 'echo "$JAVA_TOOL_OPTIONS"'], {
      environment,
    });
    expect(run).toMatchObject({ exitCode: 0, stdout: variables['BDSANDBOX_JAVA_OPTIONS'] });
  });
});

describe('two sandboxes', () => {
  test('with the same names are used side by side, and a kit goes with its sandbox', async () => {
    const names = [`${NAME}-a`, `${NAME}-b`];
    await Promise.all(names.map((name) => ok(['create', 'zookeeper', name, '--nodes', '1'])));
    const kits = await Promise.all(names.map(kitOf));
    const addresses = kits.map(({ hosts }) => hosts['sandbox']);
    expect(new Set(addresses).size).toBe(2);
    const script = 'getent ahostsv4 sandbox | head -1; exec 3<>/dev/tcp/sandbox/2181; printf srvr >&3; cat <&3';
    const answers = await Promise.all(
      names.map((name) => ok(['run', name, '--', 'bash', '-c', script], { environment })),
    );
    for (const [index, answer] of answers.entries()) {
      expect(answer).toMatch(new RegExp(`^${addresses[index]} [\\s\\S]*Mode: standalone`));
    }
    await ok(['destroy', names[0] ?? '', '--force']);
    await kitOf(names[1] ?? '');
    const left = await readdir(path.join(cache, 'bdsandbox', 'kits'));
    expect(left.filter((name) => name.startsWith(`${names[0]}-`))).toEqual([]);
    expect(left).toContain(path.basename(kits[1]?.kit ?? ''));
  });

  test('eval of one kit, then of another, then of none leaves a shell as it was', async () => {
    const script = `set -e
      export HADOOP_CONF_DIR=/mine HBASE_OPTS=-Dmine
      program=$1; before=$(env | sort)
      eval "$("$program" env ${NAME})"
      [[ $HADOOP_CONF_DIR == */${NAME}-*/hadoop && $HBASE_OPTS == '-Dmine '* ]]
      eval "$("$program" env ${NAME}-b)"
      [[ $HADOOP_CONF_DIR == /mine && $ZOOCFGDIR == */${NAME}-b-*/zookeeper ]]
      eval "$("$program" env --unset)"
      diff <(echo "$before") <(env | sort)`;
    const { exitCode, stderr } = await execa('bash', ['-c', script, 'bash', inject('program')], {
      env: { XDG_CACHE_HOME: cache, BDSANDBOX_OWNER: OWNER, SHELL: '/bin/bash' },
      reject: false,
    });
    expect([exitCode, stderr]).toEqual([0, '']);
  });
});

test('a sandbox that cannot be reached gets no kit', async () => {
  // Nothing listens on the port that its service has.
  const tiny = { ...environment, ...TINY };
  await ok(['create', 'tiny', `${NAME}-tiny`, '--nodes', '1'], { environment: tiny });
  const { exitCode, stdout, stderr } = await bds(['env', `${NAME}-tiny`], { environment: tiny });
  expect([exitCode, stdout]).toEqual([5, '']);
  expect(stderr).toContain(`no port of ${NAME}-tiny answers`);
});

function kitOf(name: string): Promise<Environment> {
  return json<Environment>(['env', name], { environment });
}

/**
 * Runs a script with the kit as on this machine: in a container of the cluster's image, for its JDK and jars, but in the
 * machine's own network and in none of the sandbox's.
 */
async function onHost(script: string, ...words: readonly string[]): Promise<string> {
  const { kit, variables } = await kitOf(NAME);
  const image = await docker('inspect', `bds.${NAME}`, '--format', '{{.Image}}');
  const set = Object.entries(variables).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
  return docker(
    ...['run', '--rm', '--network', 'host', '--entrypoint', 'bash', '--volume', `${kit}:${kit}:ro`],
    ...['--volume', `${CLIENT}:/src:ro`, ...set, '--env', `jars=${JARS}`, image],
    ...['-euo', 'pipefail', '-c', script, 'bash', ...words],
  );
}
