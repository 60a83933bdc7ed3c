/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The commands of p2p that load a peer and measure it; they print one JSON
 * object a line. */
#ifndef TOOLS_P2P_BENCH_H
#define TOOLS_P2P_BENCH_H

/* `p2p bench-conn MA [-n N] [--par P]`: connections, one after another from
 * each of P hosts. Exit codes, as all here. */
int bench_conn(int argc, char **argv);

/* `p2p bench-idle MA [-n N] [--par P]`: holds N connections, each of a peer of
 * its own, until stdin ends. */
int bench_idle(int argc, char **argv);

/* `p2p bench-ping MA [-n N]`: round trips on one stream. */
int bench_ping(int argc, char **argv);

/* `p2p bench-echo MA [-n N]`: a stream for each echo of 32 bytes. */
int bench_echo(int argc, char **argv);

#endif
