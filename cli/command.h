/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * A command, its verbs, and what one is called with. The files of this folder
 * export tables of commands; main.c lists the tables.
 */
#ifndef UM_CLI_COMMAND_H
#define UM_CLI_COMMAND_H

#include <stddef.h>

#include "cli/options.h"

struct um_cli;

/** What a command can be told to do. */
struct um_cli_verb {
    const char *name;  /**< NULL: the command has no verbs, or does this
                            without one */
    const char *words; /**< as its usage shows them: "PATH [VALUE]" */
    const char *text;
    uint64_t flags; /**< beside those that all take */
    int (*run)(struct um_cli *c);
};

/** A command; ended in a table by one without a name. */
struct um_cli_command {
    const char *name;
    const char *text; /**< in the list of commands */
    const struct um_cli_verb *verbs;
    size_t n;
    int (*program)(int argc, char **argv); /**< runs it instead of a verb */
};

/** What stands in its table. */
#define UM_CLI_COMMAND(name, text, verbs)                               \
    {                                                                   \
        (name), (text), (verbs), sizeof(verbs) / sizeof(verbs)[0], NULL \
    }

/** A call. */
struct um_cli {
    const struct um_cli_command *command;
    const struct um_cli_verb *verb;
    struct um_options o;
    char **words; /**< behind the verb's name */
    int n;
};

/** What was given for a flag; NULL: it was not. */
const char *um_cli_opt(const struct um_cli *c, enum um_option o);

/** Says what is wrong with a call, returns 2. */
int um_cli_wrong(const struct um_cli *c, const char *what, const char *why);

/** The name of the daemon that is meant; NULL: it has none. */
const char *um_cli_daemon(const struct um_options *o);

/** Finds where the daemon is asked, of what was given. */
void um_cli_socket(struct um_options *o);

/** A command by its name; NULL: there is none. */
const struct um_cli_command *um_cli_find(const char *name);

/** Commands that belong together. */
struct um_cli_group {
    const char *title; /**< NULL: they go on with the group before */
    const struct um_cli_command *commands;
};

/** All commands, in the order of the help; the last one has no commands. */
const struct um_cli_group *um_cli_groups(void);

/** Runs a command; returns its exit code. */
int um_cli_run(const struct um_cli_command *command, int argc, char **argv);

/** @name The tables, by what the commands are about. */
/**@{*/
extern const struct um_cli_command um_cli_node[];
extern const struct um_cli_command um_cli_doctor[];
extern const struct um_cli_command um_cli_ui[];
extern const struct um_cli_command um_cli_mesh[];
extern const struct um_cli_command um_cli_members[];
extern const struct um_cli_command um_cli_owner[];
extern const struct um_cli_command um_cli_dump[];
extern const struct um_cli_command um_cli_config[];
extern const struct um_cli_command um_cli_edit[];
extern const struct um_cli_command um_cli_parts[];
extern const struct um_cli_command um_cli_secrets[];
extern const struct um_cli_command um_cli_revisions[];
extern const struct um_cli_command um_cli_rollouts[];
extern const struct um_cli_command um_cli_conflicts[];
extern const struct um_cli_command um_cli_events[];
extern const struct um_cli_command um_cli_audit[];
extern const struct um_cli_command um_cli_loglevel[];
extern const struct um_cli_command um_cli_webhooks[];
extern const struct um_cli_command um_cli_completion[];
/**@}*/

#endif
