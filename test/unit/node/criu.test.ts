import { expect, test } from 'vitest';
import { CriuError, explainCriu } from '../../../src/node/criu.js';

const PROCESSES = '    PID    PPID STAT COMMAND\n     17       9 Ss   /opt/server --port 7\n\n';
const FAILED = '(00.1) Error (criu/cr-dump.c:1545): Dump files (pid: 17) failed with -1';
const SERVER = 'process 17 (/opt/server --port 7)';

/** What CRIU 4.2.1 said of small programs, each with one thing that it cannot keep. */
test.each([
  [
    "Error (criu/files-reg.c:1031): Can't dump ghost file /data/big of 5242880 size, increase limit",
    `${SERVER} has /data/big open, which was deleted, and the engine's disk has no room for its 5242880 bytes, and CRIU cannot keep that`,
  ],
  [
    "Error (criu/files-reg.c:1122): Can't create link remap for /data/l1. Use link-remap option.",
    `${SERVER} has /data/l1 open, which lost that name at this very moment, and CRIU cannot keep that; try again`,
  ],
  [
    "Error (criu/fsnotify.c:284): fsnotify: \tCan't dump that handle",
    `${SERVER} watches a file by inotify whose name is gone, and CRIU cannot keep that`,
  ],
  [
    'pie: 17: Error (criu/pie/parasite.c:588): send_fds failed (-22)',
    `${SERVER} has an io_uring open, and CRIU cannot keep that`,
  ],
  [
    'Error (criu/sockets.c:767): sockets: BUG! Unknown socket collected (family 40)',
    `${SERVER} has a socket of address family AF_VSOCK, and CRIU cannot keep that`,
  ],
  [
    "Error (criu/files-ext.c:94): Can't dump file 3 of that type [600] (anon anon_inode:[userfaultfd])",
    `${SERVER} has userfaultfd open, and CRIU cannot keep that`,
  ],
  [
    "Error (criu/namespaces.c:460): Can't dump nested user namespace for 17",
    `${SERVER} has a user namespace of its own, as programs in unshare or a container do, and CRIU cannot keep that`,
  ],
  [
    "Error (criu/cr-dump.c:478): Task 17 with SysVIPC shmem map @7f doesn't live in IPC ns",
    `${SERVER} uses System V shared memory, and CRIU cannot keep that`,
  ],
  [
    'Error (compel/src/lib/infect.c:262): Unseizable non-zombie 17 found, state S, err -1/10',
    `${SERVER} is traced by a debugger, such as strace or gdb, and CRIU cannot keep that; end the debugger`,
  ],
  [
    'Error (compel/src/lib/infect.c:262): Unseizable non-zombie 17 found, state D, err -1/4',
    `${SERVER} is held by the kernel (state D) and did not stop, and CRIU cannot keep that; try again`,
  ],
  [
    "Error (criu/files-reg.c:1790): Can't lookup mount=324 for fd=3 path=/probe",
    `${SERVER} has /probe open, on a file system that belongs to no mount of the node (a message queue, huge pages), and CRIU cannot keep that`,
  ],
])('%s', (said, words) => {
  expect(explainCriu('CRIU: Error', `${PROCESSES}(00.1) ${said}\n${FAILED}\n`)).toBe(words);
});

test('a socket to outside is no process of its own', () => {
  expect(explainCriu('CRIU: unix: External socket is used. Consider', '')).toBe(
    'a process is connected by a Unix socket to a program that is none of the services, such as one of exec, and CRIU cannot keep that; end that connection',
  );
});

test('a restore that lacks a file', () => {
  const log = "  17: Error (criu/files-reg.c:2353): Can't open file dev/shm/x on restore: No such file or directory\n";
  expect(explainCriu('CRIU: Error', log)).toBe(
    'process 17 had /dev/shm/x open, which is not among the files of the snapshot (a mount of its own?), and CRIU cannot put that back',
  );
});

test('what is not known is told in CRIU’s own words', () => {
  expect(new CriuError('node1', 'CRIU: Error (x.c:1): something new ', '')).toMatchObject({
    message: 'node1: CRIU: Error (x.c:1): something new',
    code: 'FAILED',
  });
});
