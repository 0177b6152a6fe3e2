import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { XMLParser } from 'fast-xml-parser';
import { expect, test } from 'vitest';
import { redactingStream } from '../../../src/evidence/lines.js';
import { isKeyStore } from '../../../src/secrets/names.js';
import { Redactor, type TextFormat } from '../../../src/secrets/redact.js';

function redact(format: TextFormat, text: string): string {
  return new Redactor(format).redact(text);
}

const KEY = '-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA7\nq+/abc==\n-----END RSA PRIVATE KEY-----\n';

test.each<[TextFormat, string, string]>([
  ['properties', 'ssl.password=hunter2', 'ssl.password=<redacted>'],
  ['properties', 'ssl.password = hunter2 and more', 'ssl.password = <redacted>'],
  ['properties', 'db.password: 12345', 'db.password: <redacted>'],
  ['properties', '# old.secret.key=abc', '# old.secret.key=<redacted>'],
  ['properties', 'fs.s3a.secret.key=a\\\n  b\nnext=1', 'fs.s3a.secret.key=<redacted>\nnext=1'],
  ['properties', 'export AWS_SECRET_ACCESS_KEY="a b"', 'export AWS_SECRET_ACCESS_KEY="<redacted>"'],
  ['properties', 'fs.s3a.access.key=AKIA1', 'fs.s3a.access.key=<redacted>'],
  ['properties', 'auth_token: abc', 'auth_token: <redacted>'],
  ['properties', 'dfs.block.access.token.enable=true', 'dfs.block.access.token.enable=true'],
  ['properties', 'yarn.token.renewals=86400000', 'yarn.token.renewals=86400000'],
  ['properties', 'token.lifetime=10m', 'token.lifetime=10m'],
  ['properties', 'x.password=', 'x.password='],
  ['properties', 'x.password=%{env.PASSWORD}', 'x.password=%{env.PASSWORD}'],
  ['properties', 'x.password-file=/etc/secret', 'x.password-file=/etc/secret'],
  [
    'properties',
    'hadoop.security.credential.provider.path=jceks://file/a',
    'hadoop.security.credential.provider.path=jceks://file/a',
  ],
  ['properties', 'tickTime=2000\nbypass.cache=some\n', 'tickTime=2000\nbypass.cache=some\n'],
  ['json', '{"password":"a \\" b","x":1}', '{"password":"<redacted>","x":1}'],
  ['json', '{ "accessToken" : "abc", "tokens": 3 }', '{ "accessToken" : "<redacted>", "tokens": 3 }'],
  [
    'json',
    '{"settings":["core-site:a.password=b c","x:y=z"]}',
    '{"settings":["core-site:a.password=<redacted>","x:y=z"]}',
  ],
  ['json', '{"name":"a.password", "value": "b"}', '{"name":"a.password", "value": "<redacted>"}'],
  ['json', '[{"command":"x --password a\\"b"}]', '[{"command":"x --password <redacted>"}]'],
  ['json', '{"command":"sshpass -p a","pid":1}', '{"command":"sshpass -p <redacted>","pid":1}'],
  [
    'json',
    '{"Live":"{\\"secret\\":\\"abc\\",\\"n\\":\\"m\\"}"}',
    '{"Live":"{\\"secret\\":\\"<redacted>\\",\\"n\\":\\"m\\"}"}',
  ],
  ['log', 'java -Dx.password=abc -Dy=z Main', 'java -Dx.password=<redacted> -Dy=z Main'],
  ['log', 'beeline --password abc -u x', 'beeline --password <redacted> -u x'],
  ['log', 'Authorization: Basic dXNlcjpwYXNz\nHost: a', 'Authorization: <redacted>\nHost: a'],
  ['log', '> Authorization: Digest username="x", response="y"', '> Authorization: <redacted>'],
  ['log', 'GET http://user:pa@ss@host/x', 'GET http://user:<redacted>@host/x'],
  ['log', 'GET http://host:8080/a@b', 'GET http://host:8080/a@b'],
  ['log', 'hadoop.security.authorization: true', 'hadoop.security.authorization: true'],
  ['log', 'GET /webhdfs?token=HAAEcm9vd&op=OPEN', 'GET /webhdfs?token=<redacted>&op=OPEN'],
  [
    'log',
    'token.SecretManager: Updating the current master key',
    'token.SecretManager: Updating the current master key',
  ],
  [
    'log',
    'BlockTokenSecretManager: Setting block keys. BlockPool = x',
    'BlockTokenSecretManager: Setting block keys. BlockPool = x',
  ],
  ['log', 'login with password: abc', 'login with password: <redacted>'],
  ['log', `a\n${KEY}b`, 'a\n-----BEGIN RSA PRIVATE KEY-----\n<redacted>\n-----END RSA PRIVATE KEY-----\nb'],
  ['log', 'password=größer', 'password=<redacted>'],
  [
    'properties',
    'fs.azure.account.key.x.dfs.core.windows.net=ab+/==',
    'fs.azure.account.key.x.dfs.core.windows.net=<redacted>',
  ],
  ['properties', 'db.pwd=hunter2', 'db.pwd=<redacted>'],
  ['properties', 'export PWD=/opt/hadoop', 'export PWD=/opt/hadoop'],
  ['properties', 'a.password.url=hunter2', 'a.password.url=<redacted>'],
  ['properties', 'a.password.url=https://vault/x', 'a.password.url=https://vault/x'],
  ['properties', 'a.secret.file=hunter2', 'a.secret.file=<redacted>'],
  ['properties', 'a.token.service=10.0.0.1:8020', 'a.token.service=10.0.0.1:8020'],
  ['log', 'java -DkeystorePwd=hunter2 Main', 'java -DkeystorePwd=<redacted> Main'],
  ['log', 'sqoop import --pwd hunter2 -m 1', 'sqoop import --pwd <redacted> -m 1'],
  ['log', 'keytool -list -storepass changeit -v', 'keytool -list -storepass <redacted> -v'],
  ['log', 'mysql -h db -u root -phunter2 test', 'mysql -h db -u root -p<redacted> test'],
  ['log', 'mysqldump -p"a b" test', 'mysqldump -p"<redacted>" test'],
  ['log', 'sshpass -p hunter2 ssh x', 'sshpass -p <redacted> ssh x'],
  ['log', 'redis-cli -h x -a hunter2 ping', 'redis-cli -h x -a <redacted> ping'],
  ['log', 'ldapsearch -x -D cn=a -w hunter2 -b dc', 'ldapsearch -x -D cn=a -w <redacted> -b dc'],
  ['log', 'curl -s -u ann:hunter2 http://x', 'curl -s -u ann:<redacted> http://x'],
  ['log', 'X-Api-Key: abcdef\nHost: a', 'X-Api-Key: <redacted>\nHost: a'],
  ['log', "curl -H 'X-Auth-Token: abc' http://x", "curl -H 'X-Auth-Token: <redacted>' http://x"],
  ['log', 'PRIVATE-TOKEN: abcdef', 'PRIVATE-TOKEN: <redacted>'],
  ['json', '{"x-api-key":"abc"}', '{"x-api-key":"<redacted>"}'],
  ['log', 'sent Bearer abc.def-0123 to', 'sent Bearer <redacted> to'],
  ['log', 'Cookie: JSESSIONID=node0abc; x=y\nnext: a', 'Cookie: <redacted>\nnext: a'],
  ['log', 'Set-Cookie: hadoop.auth="u=ann&p=ann&t=simple&e=1700000000000&s=ab+c="; HttpOnly', 'Set-Cookie: <redacted>'],
  [
    'log',
    'cookie u=ann&p=ann&t=simple&e=1700000000000&s=ab+c= is old',
    'cookie u=ann&p=ann&t=simple&e=1700000000000&s=<redacted> is old',
  ],
  ['log', 'GET /c/b?sv=1&sig=abc%3D&x=1', 'GET /c/b?sv=1&sig=<redacted>&x=1'],
  ['log', '/webhdfs/v1/a?op=OPEN&delegation=HAAE&offset=0', '/webhdfs/v1/a?op=OPEN&delegation=<redacted>&offset=0'],
  ['log', `jwt ${'eyJhbGciOiJIUzI1NiJ9'}.${'eyJzdWIiOiIxMjM0In0'}.${'dozjgNryP4J3'} end`, 'jwt <redacted> end'],
  ['log', 'the password is hunter2, and', 'the password is <redacted>, and'],
  ['log', 'Password was set to "a b"', 'Password was set to "<redacted>"'],
])('%s: %j -> %j', (format, text, expected) => {
  expect(redact(format, text)).toBe(expected);
  expect(redact(format, expected)).toBe(expected);
});

test.each([
  '<property><name>a.password</name><value>x</value></property>',
  '<property>\n<value>x</value>\n<final>true</final>\n<name> a.password </name></property>',
  '<property name="a.password" value="x"/>',
])('a secret of %j is hidden, and the file stays well-formed', (property) => {
  const text = redact(
    'xml',
    `<configuration>${property}<property><name>b</name><value>c</value></property></configuration>`,
  );
  const { configuration } = new XMLParser({ ignoreAttributes: false, attributeNamePrefix: '' }).parse(text);
  expect(configuration.property[0].value).toBe('<redacted>');
  expect(configuration.property[1].value).toBe('c');
});

test('places are counted', () => {
  const redactor = new Redactor('log');
  redactor.redact('password=a secret=b x=c\nhttp://u:p@h');
  expect(redactor.places).toBe(3);
});

test.each([1, 7, 64, 5000])('a stream in pieces of %i bytes is the same as the whole', async (size) => {
  const text = `größer\n${'line\n'.repeat(100)}x.password=abc\n${KEY}${'-line\n'.repeat(100)}last token=abc`;
  const bytes = Buffer.from(text);
  const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
    bytes.subarray(at * size, (at + 1) * size),
  );
  const redactor = new Redactor('log');
  const result = (await buffer(Readable.from(pieces).pipe(redactingStream(redactor)))).toString();
  expect(result).not.toMatch(/abc|MIIE/);
  expect(result.startsWith('größer\nline\n')).toBe(true);
  expect(result.split('line\n')).toHaveLength(201);
  expect(redactor.places).toBe(3);
});

test('a megabyte without a line end takes no time', () => {
  const started = performance.now();
  redact('log', `token${'a'.repeat(1 << 20)}`);
  redact('properties', 'password'.repeat(1 << 15));
  redact('json', `"${'\\"'.repeat(1 << 18)}secret`);
  redact('xml', '<property><name>password'.repeat(1 << 10));
  redact('log', `mysql ${' -x'.repeat(1 << 17)} curl ${' -x'.repeat(1 << 17)} ldapsearch`);
  redact('log', `cookie: ${'a; b='.repeat(1 << 17)} u=${'a&p='.repeat(1 << 17)} bearer ${'a'.repeat(1 << 17)}`);
  redact('log', 'mysql '.repeat(1 << 15));
  redact('log', `${'x-'.repeat(1 << 15)} authorization`);
  expect(performance.now() - started).toBeLessThan(2000);
});

test.each<[TextFormat, string, string]>([
  ['log', '', 'mariadb-'],
  ['log', '', '-eyJaaaaaaaaaaa'],
  ['properties', '', '\t '],
  ['json', '', 'secret='],
  ['xml', '', '<property>'],
  ['xml', '', '<property '],
  ['xml', '<property><name>a</name>', '<value>'],
  ['xml', '<property>', '<name>  '],
])('a megabyte that was made to take long does not: %s %s%s', (format, start, piece) => {
  const before = process.cpuUsage();
  redact(format, `${start}${piece.repeat(Math.ceil((1 << 20) / piece.length))}password</property>`);
  expect(process.cpuUsage(before).user / 1000).toBeLessThan(3000);
});

test.each(['a.jks', 'etc/security/nn.keytab', 'x.P12', 'home/.ssh/id_rsa'])('%s is a key store', (path) => {
  expect(isKeyStore(path)).toBe(true);
});

test.each(['a.txt', 'keytabs/readme', 'core-site.xml', 'id_rsa.pub'])('%s is none', (path) => {
  expect(isKeyStore(path)).toBe(false);
});
