import { expect, test } from 'vitest';
import { withLevel } from '../../../src/client/log-level.js';

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: logging has these
test.each([
  [
    'hadoop/log4j.properties',
    'log4j.rootLogger=WARN, console\nlog4j.logger.x=ERROR\n',
    'log4j.rootLogger=INFO, console',
  ],
  // As in a release of Hadoop, of HBase 2.4, and of ZooKeeper.
  [
    'h/log4j.properties',
    'hadoop.root.logger=WARN,console\nlog4j.rootLogger=${hadoop.root.logger}',
    'hadoop.root.logger=INFO,console\nlog4j.rootLogger=${hadoop.root.logger}',
  ],
  [
    'hbase/log4j2.properties',
    'rootLogger.level = warn\nlogger.x.level = error',
    'rootLogger.level = INFO\nlogger.x.level = error',
  ],
  [
    'hbase/log4j2.properties',
    'rootLogger=${sys:hbase.root.logger:-WARN,console}',
    'rootLogger=${sys:hbase.root.logger:-INFO,console}',
  ],
  ['zookeeper/logback.xml', '<root level="WARN"><x/></root>', '<root level="INFO"><x/></root>'],
  // biome-ignore-end lint/suspicious/noTemplateCurlyInString: logging has these
])('%s: %j', (path, content, expected) => {
  expect(withLevel([{ path, content }], 'INFO')?.[0]?.content).toContain(expected);
});

test('files that say no level are left as they are, and it is told', () => {
  expect(withLevel([{ path: 'hadoop/core-site.xml', content: 'log4j.rootLogger=WARN' }], 'INFO')).toBeUndefined();
});
