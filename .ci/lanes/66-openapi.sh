# SPDX-License-Identifier: MIT OR Apache-2.0
# Each operation of docs/reference/openapi.yaml on a daemon: by a validator,
# without a token, by schemathesis. Skipped where PyPI cannot be reached.
# budget: 120
# timeout: 400
make openapi 2>&1 | tee $CI_LOGS/openapi.txt
rv=${PIPESTATUS[0]}
sed -n 's/^skip /skipped: /p' $CI_LOGS/openapi.txt
.ci/count.py lines $CI_LOGS/openapi.txt
exit "$rv"
