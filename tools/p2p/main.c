/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* p2p: the tool that comes with the library. One table of commands. */
#include <stdio.h>
#include <string.h>

#include "bench.h"
#include "oneshot.h"
#include "node.h"

static int version(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    (void)puts("p2p " P2P_VERSION);
    return 0;
}

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *text;
} commands[] = {
    {"node", node_main, "node [FLAGS]: a scriptable peer, JSON out"},
    {"key", oneshot_key, "key gen|show FILE [TYPE]: identities in files"},
    {"id", oneshot_id, "id FILE: the peer id of a key file"},
    {"ping", oneshot_ping, "ping MA [-n N]: round trips to a peer"},
    {"identify", oneshot_identify, "identify MA: what a peer tells of itself"},
    {"perf", oneshot_perf,
     "perf MA [--up BYTES] [--down BYTES] [--runs N]: throughput"},
    {"pub", oneshot_pub, "pub MA TOPIC TEXT: one message to a topic"},
    {"sub", oneshot_sub, "sub MA TOPIC [-n N]: what comes on a topic"},
    {"bench-conn", bench_conn,
     "bench-conn MA [-n N] [--par P] [--security LIST]: connects, identifies, "
     "closes"},
    {"bench-idle", bench_idle,
     "bench-idle MA [-n N] [--par P] [--security LIST]: holds N connections "
     "until stdin ends"},
    {"bench-ping", bench_ping,
     "bench-ping MA [-n N] [--security LIST]: pings on one stream"},
    {"bench-echo", bench_echo,
     "bench-echo MA [-n N] [--par P] [--security LIST]: a stream an echo"},
    {"version", version, "the version"},
};

static void usage(FILE *out)
{
    (void)fputs("usage: p2p COMMAND [ARGUMENTS]\n\n", out);
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        (void)fprintf(out, "  %-11s %s\n", commands[i].name, commands[i].text);
    }
    (void)fputs(
        "\nMA is a multiaddr such as /ip4/192.0.2.7/tcp/4001, with or without "
        "/p2p/ID.\np2p COMMAND --help tells more.\n",
        out);
}

/* Runs a command, or tells its help. getopt begins its complaints with both
 * words. */
static int run(size_t i, int argc, char **argv)
{
    char name[32], *word = argv[0];
    int rv;

    if (argc == 2 && strcmp(argv[1], "--help") == 0 &&
        commands[i].run != node_main) {
        (void)printf("usage: p2p %s\n", commands[i].text);
        return 0;
    }
    (void)snprintf(name, sizeof name, "p2p %s", commands[i].name);
    argv[0] = name;
    rv = commands[i].run(argc, argv);
    argv[0] = word;
    return rv;
}

int main(int argc, char **argv)
{
    if (argc >= 2 &&
        (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)) {
        usage(stdout);
        return 0;
    }
    for (size_t i = 0; argc >= 2 && i < sizeof commands / sizeof commands[0];
         i++) {
        if (strcmp(commands[i].name, argv[1]) == 0) {
            return run(i, argc - 1, argv + 1);
        }
    }
    if (argc >= 2) {
        (void)fprintf(stderr, "p2p: %s: no such command\n", argv[1]);
    }
    usage(stderr);
    return 2;
}
