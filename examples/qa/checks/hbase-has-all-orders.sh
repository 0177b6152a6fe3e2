#!/usr/bin/env bash
# As many rows in HBase as lines in the file that was loaded.
wanted=$(wc -l <orders.csv)
rows=$(bdsandbox exec "$CLUSTER" -- hbase shell -n <<<"count 'orders'" | sed -n 's/^\([0-9]*\) row(s)$/\1/p')
if [[ $rows != "$wanted" ]]; then
  echo "HBase has $rows of $wanted orders"
  exit 1
fi
