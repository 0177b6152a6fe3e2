#!/usr/bin/env bash
# No block is missing or corrupt.
if ! bdsandbox exec "$CLUSTER" -- hdfs fsck / | grep -q 'is HEALTHY'; then
  echo 'fsck finds damage'
  exit 1
fi
