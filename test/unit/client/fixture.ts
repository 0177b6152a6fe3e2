import type { Connect } from '../../../src/client/connect.js';

/** Of /proc/net/tcp. */
export const HEADER = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt\n';

/** What a node says of the connection that `opening` gives: port 8080, from 10.213.0.1:50000. */
export const seen = `${HEADER}   0: 00000000:1F90 00000000:0000 0A 0\n   1: 0200D50A:1F90 0100D50A:C350 01 0\n`;

/** Connections to anywhere succeed; `closed` gets the address of each that is closed. */
export function opening(closed: string[] = []): Connect {
  return async (address) => ({
    kind: 'open',
    address: '10.213.0.1',
    port: 50_000,
    close: () => void closed.push(address),
  });
}
