/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See command.h. Happy path: flags are read, the first word names the verb,
 * the rest is counted against its usage. What is wrong is said with the word
 * that is wrong, and ends with 2.
 */
#include "cli/command.h"

#include <getopt.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "cli/watch.h"
#include "mesh/app/settings.h"

/* More words than anybody types. */
#define MANY 1000

const char *um_cli_opt(const struct um_cli *c, enum um_option o)
{
    return c->o.value[o];
}

int um_cli_wrong(const struct um_cli *c, const char *what, const char *why)
{
    const char *verb = c->verb != NULL ? c->verb->name : NULL;

    (void)fprintf(stderr, "unitmesh %s%s%s: %s: %s\n", c->command->name,
                  verb != NULL ? " " : "", verb != NULL ? verb : "", what, why);
    (void)fprintf(stderr, "unitmesh %s --help tells more.\n", c->command->name);
    return 2;
}

/* How many words a usage asks for, and has room for: "[WORD]" may be missing,
 * "[WORD...]" may be many. */
static void count(const char *words, int *least, int *most)
{
    *least = *most = 0;
    while (*words != '\0') {
        size_t n = strcspn(words, " ");

        *least += words[0] != '[';
        *most += (n > 4 && memcmp(words + n - 4, "...]", 4) == 0) ? MANY : 1;
        words += n + (words[n] == ' ');
    }
}

static int help(const struct um_cli_command *cmd)
{
    char at[512];
    uint64_t flags = 0;

    for (size_t i = 0; i < cmd->n; i++) {
        const struct um_cli_verb *v = &cmd->verbs[i];

        (void)printf("%s unitmesh %s%s%s%s%s [FLAGS]\n",
                     i == 0 ? "usage:" : "      ", cmd->name,
                     v->name != NULL ? " " : "", v->name != NULL ? v->name : "",
                     v->words[0] != '\0' ? " " : "", v->words);
        flags |= um_options_common(v->flags);
    }
    (void)putchar('\n');
    for (size_t i = 0; i < cmd->n; i++) {
        const struct um_cli_verb *v = &cmd->verbs[i];

        if (v->name != NULL) {
            (void)printf("  %-9s %s\n", v->name, v->text);
        } else {
            (void)printf("%s\n", v->text);
        }
    }
    (void)putchar('\n');
    um_options_help(flags);
    um_settings_socket(NULL, at, sizeof at);
    (void)printf("\nWithout --control it asks at %s.\n", at);
    return 0;
}

/* The verbs, as a mistake names them. */
static void list_verbs(const struct um_cli_command *cmd, char *out, size_t cap)
{
    size_t len = (size_t)snprintf(out, cap, "it has no such verb, but");

    for (size_t i = 0; i < cmd->n && len < cap; i++) {
        if (cmd->verbs[i].name != NULL) {
            len += (size_t)snprintf(out + len, cap - len, " %s",
                                    cmd->verbs[i].name);
        }
    }
}

/* Which verb is meant: that of the first word, or the one without a name, or
 * without any word the first. */
static int find_verb(struct um_cli *c)
{
    const struct um_cli_command *cmd = c->command;
    const struct um_cli_verb *nameless = NULL;
    char text[160];

    for (size_t i = 0; i < cmd->n; i++) {
        const struct um_cli_verb *v = &cmd->verbs[i];

        if (v->name == NULL) {
            nameless = v;
        } else if (c->n > 0 && strcmp(v->name, c->words[0]) == 0) {
            c->verb = v;
            c->words++;
            c->n--;
            return 0;
        }
    }
    c->verb = nameless;
    if (c->verb == NULL && c->n == 0 && cmd->verbs[0].words[0] == '\0') {
        c->verb = &cmd->verbs[0];
    }
    if (c->verb == NULL) {
        list_verbs(cmd, text, sizeof text);
        return um_cli_wrong(c, c->n > 0 ? c->words[0] : "a verb is missing",
                            text);
    }
    return 0;
}

/* A flag that says how a rollout goes where there is none: without a word the
 * change would be everywhere at once. NULL: there is none. */
static const char *lone(const struct um_options *o)
{
    bool staged = o->value[UM_OPT_STAGED] != NULL;

    if (!staged && o->value[UM_OPT_SOAK] != NULL) {
        return "--soak";
    }
    if (!staged && o->value[UM_OPT_BUDGET] != NULL) {
        return "--budget";
    }
    return !staged && o->value[UM_OPT_TRIAL] == NULL &&
                   o->value[UM_OPT_DEADLINE] != NULL
               ? "--deadline"
               : NULL;
}

/* More words than there is room for: perhaps the last one should have been a
 * value, which is told from a word by its sign alone: --trial=10m. */
static int too_many(const struct um_cli *c, int most)
{
    static const enum um_option open[] = {UM_OPT_TRIAL, UM_OPT_STAGED,
                                          UM_OPT_WAIT};
    const char *why = most == 0 ? "not a flag" : "one word too many";
    char text[128];

    for (size_t i = 0; i < sizeof open / sizeof *open; i++) {
        const char *value = c->o.value[open[i]];

        if (value != NULL && value[0] == '\0') {
            (void)snprintf(text, sizeof text, "%s; is --%s=%.40s meant?", why,
                           um_options_name(open[i]), c->words[most]);
            return um_cli_wrong(c, c->words[most], text);
        }
    }
    return um_cli_wrong(c, c->words[most], why);
}

static int check(struct um_cli *c)
{
    enum um_option stray;
    char text[64];
    int least, most;

    count(c->verb->words, &least, &most);
    if (c->n > most) {
        return too_many(c, most);
    }
    if (c->n < least) {
        return um_cli_wrong(c, "a word is missing, it takes", c->verb->words);
    }
    if ((c->verb->flags & UM_BIT(UM_OPT_MESH_NAME)) != 0) {
        c->o.value[UM_OPT_MESH_NAME] = c->o.value[UM_OPT_NAME];
        c->o.value[UM_OPT_NAME] = NULL;
    }
    stray = um_options_stray(&c->o, um_options_common(c->verb->flags));
    if (stray != UM_OPTIONS) {
        (void)snprintf(text, sizeof text, "--%s", um_options_name(stray));
        return um_cli_wrong(c, text, "it takes no such flag");
    }
    if (lone(&c->o) != NULL) {
        return um_cli_wrong(c, lone(&c->o),
                            lone(&c->o)[2] == 'd'
                                ? "goes with --staged or --trial"
                                : "goes with --staged");
    }
    return 0;
}

const char *um_cli_daemon(const struct um_options *o)
{
    return o->value[UM_OPT_DAEMON] != NULL ? o->value[UM_OPT_DAEMON]
                                           : o->value[UM_OPT_NAME];
}

void um_cli_socket(struct um_options *o)
{
    const char *at = o->value[UM_OPT_CONTROL];

    if (at != NULL && strlen(at) < sizeof o->socket) {
        memcpy(o->socket, at, strlen(at) + 1);
    } else {
        um_settings_socket(um_cli_daemon(o), o->socket, sizeof o->socket);
    }
}

int um_cli_run(const struct um_cli_command *command, int argc, char **argv)
{
    struct um_cli c = {.command = command};
    int rv = um_options_read(&c.o, argc, argv);

    (void)setlocale(LC_CTYPE, "C.UTF-8"); /* texts are UTF-8, see style.h */

    if (rv != 0) {
        (void)fprintf(stderr, "unitmesh %s --help tells more.\n",
                      command->name);
        return rv;
    }
    if (c.o.value[UM_OPT_HELP] != NULL) {
        return help(command);
    }
    c.words = argv + optind;
    c.n = argc - optind;
    rv = find_verb(&c);
    if (rv == 0) {
        rv = check(&c);
    }
    if (rv == 0) {
        um_cli_socket(&c.o);
        rv = um_cli_opt(&c, UM_OPT_WATCH) != NULL ? um_cli_watch(&c)
                                                  : c.verb->run(&c);
    }
    return rv;
}
