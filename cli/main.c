/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* unitmesh: one program; tables of commands, in groups. */
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/complete.h"
#include "cli/grammar.h"
#include "cli/verify.h"
#include "mesh/app/apart.h"
#include "mesh/app/daemon.h"
#include "mesh/app/role.h"

static const struct um_cli_command programs[] = {
    {"run", "the daemon beside one NGINX Unit", NULL, 0, um_daemon_main},
    {"applier", "holds Unit and the keys for a daemon, as a service of its own",
     NULL, 0, um_apart_main},
    {"verify", "look at what a stopped node has on its disk", NULL, 0,
     um_cli_verify},
    {NULL, NULL, NULL, 0, NULL},
};

static const struct um_cli_group groups[] = {
    {"this node", programs},
    {NULL, um_cli_node},
    {NULL, um_cli_doctor},
    {NULL, um_cli_loglevel},
    {NULL, um_cli_ui},
    {"a mesh and who is in it", um_cli_mesh},
    {NULL, um_cli_members},
    {NULL, um_cli_owner},
    {NULL, um_cli_dump},
    {"its configuration", um_cli_config},
    {NULL, um_cli_edit},
    {NULL, um_cli_parts},
    {NULL, um_cli_secrets},
    {"what became of changes", um_cli_revisions},
    {NULL, um_cli_rollouts},
    {NULL, um_cli_conflicts},
    {NULL, um_cli_events},
    {NULL, um_cli_audit},
    {NULL, um_cli_webhooks},
    {"this program", um_cli_completion},
    {NULL, NULL},
};

const struct um_cli_group *um_cli_groups(void)
{
    return groups;
}

static int usage(FILE *out)
{
    (void)fputs("usage: unitmesh COMMAND [FLAGS]\n", out);
    for (const struct um_cli_group *g = groups; g->commands != NULL; g++) {
        if (g->title != NULL) {
            (void)fprintf(out, "\n%s:\n", g->title);
        }
        for (const struct um_cli_command *c = g->commands; c->name != NULL;
             c++) {
            (void)fprintf(out, "  %-11s %s\n", c->name, c->text);
        }
    }
    (void)fputs("\nunitmesh COMMAND --help tells more.\n", out);
    return out == stdout ? 0 : 2;
}

/* One line, that is not lost above a page of others. */
static int unknown(const char *word)
{
    (void)fprintf(stderr,
                  "unitmesh: %s: no such command\n"
                  "unitmesh help lists them.\n",
                  word);
    return 2;
}

/* Runs a command; getopt begins its complaints with both words. */
static int run(const struct um_cli_command *command, int argc, char **argv)
{
    char name[32], *word = argv[0];
    int rv;

    (void)snprintf(name, sizeof name, "unitmesh %s", command->name);
    argv[0] = name;
    rv = command->program != NULL ? command->program(argc, argv)
                                  : um_cli_run(command, argc, argv);
    argv[0] = word;
    return rv;
}

const struct um_cli_command *um_cli_find(const char *name)
{
    for (const struct um_cli_group *g = groups; g->commands != NULL; g++) {
        for (const struct um_cli_command *c = g->commands; c->name != NULL;
             c++) {
            if (strcmp(c->name, name) == 0) {
                return c;
            }
        }
    }
    return NULL;
}

/* `help`, or `help COMMAND`. */
static int help(int argc, char **argv)
{
    char flag[] = "--help";
    char *words[] = {argv[0], flag, NULL};
    const struct um_cli_command *command;

    if (argc < 2) {
        return usage(stdout);
    }
    command = um_cli_find(argv[1]);
    return command != NULL ? run(command, 2, words) : unknown(argv[1]);
}

int main(int argc, char **argv)
{
    const struct um_cli_command *command;

    if (argc < 2) {
        return usage(stderr);
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0) {
        return help(argc - 1, argv + 1);
    }
    if (strcmp(argv[1], "--version") == 0) {
        (void)printf("unitmesh %s\n", um_daemon_version());
        return 0;
    }
    if (strcmp(argv[1], UM_ROLE_WORD) == 0) {
        return um_role_main(argc - 1, argv + 1);
    }
    if (strcmp(argv[1], UM_CLI_COMPLETE_WORD) == 0) {
        return um_cli_complete(argc - 1, argv + 1);
    }
    if (strcmp(argv[1], UM_CLI_GRAMMAR_WORD) == 0) {
        return um_cli_grammar();
    }
    command = um_cli_find(argv[1]);
    if (command != NULL) {
        return run(command, argc - 1, argv + 1);
    }
    return unknown(argv[1]);
}
