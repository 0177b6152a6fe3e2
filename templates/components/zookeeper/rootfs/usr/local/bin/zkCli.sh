#!/bin/bash
# The name that the documentation has.
exec zkCli "$@"
