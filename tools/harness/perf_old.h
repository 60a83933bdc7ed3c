/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The perf program of libp2p/test-plans: flags, and lines of JSON. */
#ifndef TOOLS_HARNESS_PERF_OLD_H
#define TOOLS_HARNESS_PERF_OLD_H

/* --run-server --server-address IP:PORT, or --server-address IP:PORT
 * --transport tcp --upload-bytes N --download-bytes N; the exit code. */
int perf_old(int argc, char **argv);

#endif
