import { expect } from 'vitest';
import { inNode, ok } from './cli.js';

/**
 * A client that writes numbered rows and notes each number once HBase has acknowledged it. It runs as a service of the
 * node's own tree, so a live snapshot takes it along.
 */
const SCRIPT = `create 'load', 'f'
t = get_table('load')
i = 0
File.open('/tmp/writer.acknowledged', 'a') do |f|
  loop do
    t.put(format('r%07d', i), 'f:v', "value #{i}")
    f.puts(i)
    f.flush
    i += 1
    sleep 0.02
  end
end
`;

export async function startWriter(node: string): Promise<void> {
  await inNode(
    node,
    `cat > /tmp/writer.rb
     folder=/run/bdsandbox/services/writer
     mkdir -p $folder
     printf '#!/bin/bash\\n. /usr/lib/bdsandbox/service writer\\nexec hbase shell -n /tmp/writer.rb\\n' > $folder/run
     chmod +x $folder/run
     s6-svscanctl -a /run/bdsandbox/services`,
    { input: SCRIPT },
  );
  await expect.poll(() => acknowledged(node), { timeout: 90_000, interval: 1000 }).toBeGreaterThan(100);
}

export async function stopWriter(node: string): Promise<void> {
  await inNode(node, 's6-svc -wD -T 20000 -d /run/bdsandbox/services/writer');
}

/** How many rows were acknowledged, and the first of those that are not in the table. */
export async function writerState(node: string): Promise<{ acknowledged: number; missing: number[] }> {
  const known = await acknowledged(node);
  const script = `t = get_table('load')
rows = {}
t._scan_internal('CACHE' => 5000) { |row, cells| rows[row[1..-1].to_i] = true }
missing = (0...${known}).reject { |i| rows[i] }
puts "missing=#{missing.first(5).join(',')};"
`;
  const output = await ok(['exec', node, '--', 'hbase', 'shell', '-n'], { input: script });
  const [, missing] = /missing=([\d,]*);/.exec(output) ?? [];
  if (missing === undefined) throw new Error(`the scan said: ${output}`);
  return { acknowledged: known, missing: missing === '' ? [] : missing.split(',').map(Number) };
}

async function acknowledged(node: string): Promise<number> {
  return Number(await inNode(node, 'wc -l < /tmp/writer.acknowledged 2>/dev/null || echo 0'));
}
