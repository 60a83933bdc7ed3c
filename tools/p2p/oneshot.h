/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The commands of p2p for people: they do one thing and print text. */
#ifndef TOOLS_P2P_ONESHOT_H
#define TOOLS_P2P_ONESHOT_H

/* `p2p key gen FILE [TYPE]`, `p2p key show FILE`. Exit codes, as all here. */
int oneshot_key(int argc, char **argv);

/* `p2p id FILE` */
int oneshot_id(int argc, char **argv);

/* `p2p ping MA [-n N]` */
int oneshot_ping(int argc, char **argv);

/* `p2p identify MA` */
int oneshot_identify(int argc, char **argv);

/* `p2p perf MA [--up BYTES] [--down BYTES] [--runs N]` */
int oneshot_perf(int argc, char **argv);

/* `p2p pub MA TOPIC TEXT` */
int oneshot_pub(int argc, char **argv);

/* `p2p sub MA TOPIC [-n N]` */
int oneshot_sub(int argc, char **argv);

#endif
