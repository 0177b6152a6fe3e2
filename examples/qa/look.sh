#!/usr/bin/env bash
# The developer's side: the moment of the bug, here, on any machine with the same registry. Usage: look.sh BUG
set -euo pipefail
bdsandbox restore "${1:?usage: look.sh BUG}" --quiet
bdsandbox snapshots show "$1" | head -n 20
bdsandbox logs "$1" --level WARN --tail 20
bdsandbox exec "$1" -- hbase shell -n <<<"scan 'orders', LIMIT => 3"
