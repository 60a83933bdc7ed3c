/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* unitmesh: one program; one table of commands. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/verify.h"
#include "mesh/app/daemon.h"

static int version(int argc, char **argv)
{
    if (argc > 1) {
        bool help = strcmp(argv[1], "--help") == 0;

        (void)fputs("usage: unitmesh version\n", help ? stdout : stderr);
        return help ? 0 : 2;
    }
    (void)printf("unitmesh %s\n", um_daemon_version());
    return 0;
}

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *text;
} commands[] = {
    {"run", um_daemon_main, "the daemon beside one NGINX Unit"},
    {"status", um_cli_status, "what this node is and does"},
    {"peers", um_cli_peers, "the nodes that it knows"},
    {"id", um_cli_id, "its identity and addresses"},
    {"publish", um_cli_publish,
     "tell the others to fetch this node's configuration (--article)"},
    {"verify", um_cli_verify, "look at what a stopped node has on its disk"},
    {"version", version, "the version"},
};

static int usage(FILE *out)
{
    (void)fputs("usage: unitmesh COMMAND [FLAGS]\n\n", out);
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        (void)fprintf(out, "  %-9s %s\n", commands[i].name, commands[i].text);
    }
    (void)fputs("\nunitmesh COMMAND --help tells more.\n", out);
    return out == stdout ? 0 : 2;
}

/* Runs a command; getopt begins its complaints with both words. */
static int run(size_t i, int argc, char **argv)
{
    char name[32], *word = argv[0];
    int rv;

    (void)snprintf(name, sizeof name, "unitmesh %s", commands[i].name);
    argv[0] = name;
    rv = commands[i].run(argc, argv);
    argv[0] = word;
    return rv;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        return usage(stderr);
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
        return usage(stdout);
    }
    if (strcmp(argv[1], "--version") == 0) {
        return version(1, argv);
    }
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(commands[i].name, argv[1]) == 0) {
            return run(i, argc - 1, argv + 1);
        }
    }
    (void)fprintf(stderr, "unitmesh: %s: no such command\n", argv[1]);
    return usage(stderr);
}
