import { expect, test } from 'vitest';
import { causeIn } from '../../../src/sandbox/cause.js';

const FORMAT = `2026-11-30 16:00:01,123 ERROR [main] namenode.NameNode: Failed to start namenode.
java.io.IOException: NameNode is not formatted.
\tat org.apache.hadoop.hdfs.server.namenode.FSImage.recoverTransitionRead(FSImage.java:253)`;

const MASTER = `2026-11-30 16:00:01,123 ERROR [main] master.HMasterCommandLine: Master exiting
java.lang.RuntimeException: Failed construction of Master: class org.apache.hadoop.hbase.master.HMaster.
\tat org.apache.hadoop.hbase.util.JVMClusterUtil.createMasterThread(JVMClusterUtil.java:103)
Caused by: java.io.IOException: cannot start the RPC server
\tat org.apache.hadoop.hbase.ipc.RpcServer.<init>(RpcServer.java:1)
\t... 6 more
Caused by: java.net.BindException: Address already in use
\tat java.base/sun.nio.ch.Net.bind0(Native Method)`;

test.each<[string, string[], string | undefined]>([
  ['the exception of the last error', [FORMAT], 'java.io.IOException: NameNode is not formatted.'],
  ['that with which it began', [MASTER], 'java.net.BindException: Address already in use'],
  [
    'not what is said on the way down',
    [FORMAT, '2026-11-30 16:00:02,000 ERROR [main] ipc.Server: cannot close the socket'],
    'java.io.IOException: NameNode is not formatted.',
  ],
  [
    'what a JVM prints',
    ['Exception in thread "main" java.lang.NoClassDefFoundError: org/apache/Foo\n\tat a.B.c(B.java:1)'],
    'java.lang.NoClassDefFoundError: org/apache/Foo',
  ],
  [
    'no memory',
    ['Terminating due to java.lang.OutOfMemoryError: Java heap space'],
    'Terminating due to java.lang.OutOfMemoryError: Java heap space',
  ],
  [
    'an error without an exception',
    ['2026-11-30 16:00:02,000 ERROR [main] conf.Configuration: error parsing conf core-site.xml'],
    'ERROR [main] conf.Configuration: error parsing conf core-site.xml',
  ],
  ['no error', [], undefined],
  ['a very long one is cut', [`java.lang.Exception: ${'x'.repeat(400)}`], `java.lang.Exception: ${'x'.repeat(279)}…`],
])('%s', (_, entries, cause) => {
  expect(causeIn(entries)).toBe(cause);
});
