# SPDX-License-Identifier: MIT OR Apache-2.0
# What the README says: make demo, in namespaces and on loopback addresses.
# budget: 60
# timeout: 300
p=0 f=0
for form in "" --loopback; do
    if [ -n "$form" ]; then
        /usr/bin/python3 tools/demo.py $form
    else
        make demo
    fi && p=$((p + 1)) || f=$((f + 1))
done
echo "counts: $p $f 0"
[ $f -eq 0 ]
