#!/bin/bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# usage: dist.sh, called by meson dist in the folder that becomes the archive
# Puts in what Debian 12 does not package, pinned, so that it builds offline.
set -eu
to=$MESON_DIST_ROOT/third_party
"$MESON_SOURCE_ROOT/tools/yyjson.sh" --put "$to/yyjson"
cat > "$to/README.md" << 'EOF'
# Third party

What Debian 12 has no package of, as its authors published it; pinned and
checked by the scripts in `tools`. Where the system has a package, that one is
used.

- yyjson: MIT, its text stands on top of both files (`tools/yyjson.sh`).
EOF
