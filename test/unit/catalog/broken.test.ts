import { expect, test } from 'vitest';
import { loadCatalog } from '../../../src/catalog/index.js';
import { TemplateError } from '../../../src/errors/index.js';
import { folderWith, SMALL_COMPONENT, SMALL_TEMPLATE } from './folders.js';

const COMPONENT = 'components/echo/component.yaml';
const TEMPLATE = 'clusters/echoes.yaml';

/** What is wrong: the text that is replaced, what it is replaced by, and the whole message. */
type Case = readonly [from: string, to: string, message: string];

const BROKEN_COMPONENTS: readonly Case[] = [
  ["version: '1'", 'version: 1.0', `${COMPONENT}:3: version: a text is expected; put the version in quotes`],
  ['summary: says what it hears\n', '', `${COMPONENT}:1: summary: is missing (string)`],
  [
    'summary: says',
    'sumary: x\nsummary: says',
    `${COMPONENT}:2: sumary: there is no such key; did you mean "summary"?`,
  ],
  ['name: echo', 'name: other', `${COMPONENT}:1: name: "other" is in the folder "echo"; both have to be the same`],
  ['    command: [echo, hello]\n', '', `${COMPONENT}:11: services.echo: a service has either main (Java) or command`],
  ['command: [echo, hello]', 'main: a.B', `${COMPONENT}:11: services.echo: a Java service needs heapMb`],
  [
    'command: [echo, hello]',
    'main: a.B\n    heapMb: 64',
    `${COMPONENT}:13: services.echo.main: a Java service needs the class path of its component, java.classpath`,
  ],
  ['port: 7', 'port: 70000', `${COMPONENT}:15: services.echo.ports.main.port: expected number to be <=65535`],
  [
    '{port: 7}',
    '{port: 7, publsh: true}',
    `${COMPONENT}:15: services.echo.ports.main.publsh: there is no such key; did you mean "publish"?`,
  ],
  [
    '{{ ports.echo.main }}',
    '{{ ports.echo.main',
    `${COMPONENT}:9: config.echo-conf.properties.port: output "{{ ports.echo.main" not closed`,
  ],
  [
    "script: 'true'",
    'script: |\n        true\n        {% fi x %}',
    `${COMPONENT}:19: services.echo.ready.script: tag "fi" not found`,
  ],
  [
    'format: properties',
    'format: ini',
    `${COMPONENT}:7: config.echo-conf.format: expected one of "hadoop-xml"|"properties"|"text"`,
  ],
  [
    'format: properties',
    'format: text',
    `${COMPONENT}:5: config.echo-conf: a text file needs text or file, and has no properties`,
  ],
  [
    '    properties:\n',
    '    file: files/none\n    properties:\n',
    `${COMPONENT}:8: config.echo-conf.file: there is no file "files/none"`,
  ],
  [
    '    properties:\n',
    '    file: ../../secret\n    properties:\n',
    `${COMPONENT}:8: config.echo-conf.file: a path inside the component's folder is expected`,
  ],
  ['path: /etc', 'path: etc', `${COMPONENT}:6: config.echo-conf.path: an absolute path without spaces is expected`],
  [
    '  echo:\n    summary',
    '  Echo_1:\n    summary',
    `${COMPONENT}:11: services.Echo_1: a name has lower-case letters, digits and single hyphens, and begins with a letter`,
  ],
  [
    'services:',
    'requires: [eco]\nservices:',
    `${COMPONENT}:10: requires[0]: there is no component "eco"; did you mean "echo"?`,
  ],
  [
    '    ports:',
    '    needs: [ecko.main]\n    ports:',
    `${COMPONENT}:14: services.echo.needs[0]: no service "ecko" in echo and what it requires; did you mean "echo"?`,
  ],
  [
    '    ports:',
    '    needs: [echo.man]\n    ports:',
    `${COMPONENT}:14: services.echo.needs[0]: the service echo has no port "man"; did you mean "main"?`,
  ],
  [
    '    ports:',
    '    reads: [echo-cnf]\n    ports:',
    `${COMPONENT}:14: services.echo.reads[0]: no config file "echo-cnf" in echo and what it requires; did you mean "echo-conf"?`,
  ],
  [
    '    ports:',
    '    needs: [echo]\n    ports:',
    `${COMPONENT}:14: services.echo.needs[0]: a need is SERVICE.PORT, e.g. namenode.rpc`,
  ],
  [
    '    ready:',
    '    status: {info: {port: man, say: hi}}\n    ready:',
    `${COMPONENT}:16: services.echo.status.info.port: the service echo has no port "man"; did you mean "main"?`,
  ],
  [
    '    ready:',
    '    status: {info: {port: main, path: /info}}\n    ready:',
    `${COMPONENT}:16: services.echo.status.info.path: the port main of echo is not http, it has no pages`,
  ],
  [
    '    ready:',
    '    status: {info: {port: main}}\n    ready:',
    `${COMPONENT}:16: services.echo.status.info: a status has either path (of a page) or say (a word)`,
  ],
  [
    '    ready:',
    '    status: {info: {port: main, path: info}}\n    ready:',
    `${COMPONENT}:16: services.echo.status.info.path: a path begins with / and has no spaces or quotes`,
  ],
  [
    '    ready:',
    '    status: {info: {port: main, say: hi}}\n    figures: {Echo: {said: {view: inf, value: x}}}\n    ready:',
    `${COMPONENT}:17: services.echo.figures.Echo.said.view: the service echo has no status "inf"; did you mean "info"?`,
  ],
  [
    '    ready:',
    '    status: {info: {port: main, say: hi}}\n    figures: {Echo: {said: {view: info, value: x y}}}\n    ready:',
    `${COMPONENT}:17: services.echo.figures.Echo.said.value: the name of a value is expected, e.g. NumLiveDataNodes`,
  ],
  [
    '    ready:',
    '    status: {info: {port: main, say: hi}}\n    figures: {Echo: {said: {view: info, value: x, well: all}}}\n    ready:',
    `${COMPONENT}:17: services.echo.figures.Echo.said: well: all needs of, which says how many all are`,
  ],
  [
    '    ready:',
    '    status: {info: {port: main, say: hi}}\n    figures: {Echo: {said: {view: info, value: x, of: "{{ count.other | nothing }}"}}}\n    ready:',
    `${COMPONENT}:17: services.echo.figures.Echo.said.of: undefined filter: nothing`,
  ],
  [
    '    ready:',
    '    status: {info: {port: main, say: hi}}\n    figures: {Echo: {1st: {view: info, value: x}}}\n    ready:',
    `${COMPONENT}:17: services.echo.figures.Echo.1st: up to 30 letters, digits, spaces and hyphens are expected`,
  ],
  [
    'services:',
    'addsTo: {other: {a: 1}}\nservices:',
    `${COMPONENT}:10: addsTo.other: no component that echo requires has a config file "other"`,
  ],
  [
    'services:',
    'environment: {path: x}\nservices:',
    `${COMPONENT}:10: environment.path: an environment variable has capitals, digits and underscores`,
  ],
  ['services:', 'extends: eco\nservices:', `${COMPONENT}:10: extends: there is no component "eco" to extend`],
  [
    'services:',
    'extends: echo\nservices:',
    `${COMPONENT}:10: extends: no earlier folder has a component "echo" to extend`,
  ],
  ['services:', 'services: [', `${COMPONENT}:12: not YAML: `],
  ['services:', 'name: echo\nservices:', `${COMPONENT}:10: not YAML: Map keys must be unique`],
];

const BROKEN_TEMPLATES: readonly Case[] = [
  [
    'services: [echo]',
    'services: [eccho]',
    `${TEMPLATE}:9: topologies.single.groups[0].services[0]: no component of this template has a service "eccho"; did you mean "echo"?`,
  ],
  [
    'services: [echo]',
    'services: [echo, echo]',
    `${TEMPLATE}:9: topologies.single.groups[0].services[1]: "echo" is there twice`,
  ],
  [
    'services: [echo]',
    'services: [{nam: echo}]',
    `${TEMPLATE}:9: topologies.single.groups[0].services[0]: a service is a name, or {name: NAME, quorum: NUMBER}`,
  ],
  [
    'services: [echo]',
    'services: [echo]\n        node: {min: 1, max: 2}',
    `${TEMPLATE}:10: topologies.single.groups[0].node: there is no such key; did you mean "nodes"?`,
  ],
  [
    'services: [echo]',
    'services: [echo]\n        nodes: {min: 3, max: 2}',
    `${TEMPLATE}:10: topologies.single.groups[0].nodes: min is larger than max`,
  ],
  [
    'services: [echo]',
    'services: [echo]\n        nodes: {min: 3, max: 200}',
    `${TEMPLATE}:10: topologies.single.groups[0].nodes.max: expected number to be <=60`,
  ],
  [
    'services: [echo]',
    'services: [echo]\n      - name: sandbox\n        services: [echo]',
    `${TEMPLATE}:10: topologies.single.groups[1].name: two groups have a node "sandbox"`,
  ],
  [
    'services: [echo]',
    'services: [echo]\n      - {name: a, nodes: {min: 1, max: 2}, services: [echo]}\n      - {name: b, nodes: {min: 1, max: 2}, services: [echo]}',
    `${TEMPLATE}:6: topologies.single: only one group may have a range of nodes, else a number of nodes says too little`,
  ],
  [
    'services: [echo]',
    'services: [echo]\n  other:\n    groups: [{name: x, services: [echo]}]',
    `${TEMPLATE}:10: topologies.other: 1 nodes could be "single" as well; a number may mean one topology`,
  ],
  ['[echo]\ndef', '[ecko]\ndef', `${TEMPLATE}:3: components[0]: there is no component "ecko"; did you mean "echo"?`],
  ['[echo]\ndef', '[echo, echo]\ndef', `${TEMPLATE}:3: components[1]: "echo" is there twice`],
  ['defaultNodes: 1', 'defaultNodes: 5', `${TEMPLATE}:4: defaultNodes: no topology has 5 nodes; possible are 1`],
  [
    'topologies:',
    'config: {eco-conf: {port: 8}}\ntopologies:',
    `${TEMPLATE}:5: config.eco-conf: no component of this template has a config file "eco-conf"; did you mean "echo-conf"?`,
  ],
  [
    'topologies:',
    'config:\n  echo-conf:\n    port: "{{ 1 | plu: 2 }}"\ntopologies:',
    `${TEMPLATE}:7: config.echo-conf.port: undefined filter: plu`,
  ],
  [
    'topologies:',
    'readyTimeout: 3h\ntopologies:',
    `${TEMPLATE}:5: readyTimeout: a duration is a number with s or m, e.g. 10m`,
  ],
  [
    'name: echoes',
    'name: echos',
    `${TEMPLATE}:1: name: "echos" is in the file "echoes.yaml"; both have to be the same`,
  ],
  [SMALL_TEMPLATE, '', `${TEMPLATE}:1: expected object, received null`],
];

async function messageFor(component: string, template: string): Promise<string> {
  await using folder = await folderWith({ [COMPONENT]: component, [TEMPLATE]: template });
  const error = await loadCatalog({ folders: [folder.path] }).then(
    () => expect.fail('the catalog was loaded'),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(TemplateError);
  return (error as TemplateError).message.replace(`${folder.path}/`, '');
}

test.each(BROKEN_COMPONENTS)('component: %j -> %j', async (from, to, message) => {
  expect(SMALL_COMPONENT).toContain(from);
  const actual = await messageFor(SMALL_COMPONENT.replace(from, to), SMALL_TEMPLATE);
  if (message.endsWith(': ')) expect(actual).toContain(message);
  else expect(actual).toBe(message);
});

test.each(BROKEN_TEMPLATES)('template: %j -> %j', async (from, to, message) => {
  expect(SMALL_TEMPLATE).toContain(from);
  expect(await messageFor(SMALL_COMPONENT, SMALL_TEMPLATE.replace(from, to))).toBe(message);
});
