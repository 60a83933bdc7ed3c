# SPDX-License-Identifier: MIT OR Apache-2.0
# What the README says: make demo, demo-article and demo-wan, in namespaces; the
# first two on loopback addresses, too.
# budget: 90
# timeout: 400
p=0 f=0
count() { "$@" && p=$((p + 1)) || f=$((f + 1)); }
count make demo
count make demo-article
count make demo-wan
count /usr/bin/python3 tools/demo/mesh.py --loopback
count /usr/bin/python3 tools/demo/article.py --loopback
echo "counts: $p $f 0"
[ $f -eq 0 ]
