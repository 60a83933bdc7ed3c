# SPDX-License-Identifier: MIT OR Apache-2.0
# Whether every row of the bench still works: a few rounds, nothing is judged.
# budget: 75
# timeout: 600
make bench SMOKE=1 2>&1
