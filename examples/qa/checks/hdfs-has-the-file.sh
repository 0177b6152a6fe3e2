#!/usr/bin/env bash
# The file in HDFS is the file that was loaded.
bdsandbox exec "$CLUSTER" -- hdfs dfs -cat /orders.csv | cmp - orders.csv
