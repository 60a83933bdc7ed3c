# SPDX-License-Identifier: MIT OR Apache-2.0
# 10,000 publishes, 10,000 connections and 2,000 changes of a configuration:
# nobody may hold more than before.
# budget: 240
# timeout: 600
rv=0
make soak 2>&1 | tee $CI_LOGS/soak.txt
rv=${PIPESTATUS[0]}
awk '$1 == "soak:" { rows = $(NF - 3); bad = $(NF - 1) }
    END { print "counts:", rows - bad, bad + 0, 0 }' $CI_LOGS/soak.txt
exit "$rv"
