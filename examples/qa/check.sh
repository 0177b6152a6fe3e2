#!/usr/bin/env bash
# A QA run: a fresh cluster, load, checks. When a check fails, the whole cluster is kept as it is at that moment, with its
# memory, and pushed for a developer; the run goes on with the next check.
# Usage: [BUILD=name] check.sh    Exit code: how many checks failed.
set -uo pipefail
cd "$(dirname "$0")" || exit
build=${BUILD:-$(date +%Y%m%d-%H%M%S)}
export CLUSTER=qa-$build
failed=0

trap 'bdsandbox destroy "$CLUSTER" --force --quiet >/dev/null 2>&1' EXIT
bdsandbox create hadoop-hbase "$CLUSTER" --nodes 1 --ttl 4h --quiet || exit

bdsandbox cp orders.csv "$CLUSTER:/tmp/" --quiet &&
  bdsandbox exec "$CLUSTER" -- hdfs dfs -put /tmp/orders.csv /orders.csv &&
  bdsandbox exec "$CLUSTER" -- hbase shell -n <load.rb || exit

for check in checks/*.sh; do
  name=$(basename "$check" .sh)
  if said=$("$check" 2>&1); then
    echo "passed $name"
    continue
  fi
  failed=$((failed + 1))
  bug=bug-$build-$name
  echo "FAILED $name: ${said##*$'\n'}; on any machine: look.sh $bug"
  bdsandbox snapshot "$bug" --sandbox "$CLUSTER" --note "${said##*$'\n'}" --push --yes --quiet >/dev/null
done
exit "$failed"
