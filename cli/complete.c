/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See complete.h. Happy path: the words before the cursor are read as a call,
 * without getopt, which would complain; what is open then says what may come: a
 * command, a verb, a flag, a flag's value, or a word of the usage.
 */
#include "cli/complete.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "cli/capture.h"

/* A call so far. */
struct so_far {
    struct um_cli c;
    char **words; /* behind the command, without that at the cursor */
    int n;
    const char *cur;
    enum um_option waits; /* the flag whose value comes next; UM_OPTIONS */
    bool no_flags;        /* there was a -- */
};

/* The verb that a first word names; NULL: none. */
static const struct um_cli_verb *verb_of(const struct um_cli_command *cmd,
                                         const char *name)
{
    for (size_t i = 0; i < cmd->n; i++) {
        const char *verb = cmd->verbs[i].name;

        if (name == NULL ? verb == NULL
                         : verb != NULL && strcmp(verb, name) == 0) {
            return &cmd->verbs[i];
        }
    }
    return NULL;
}

/* A flag among the words: keeps its value, or waits for it. */
static void take_flag(struct so_far *s, const char *word)
{
    const char *value = strchr(word, '=');
    enum um_option o =
        word[1] == '-' ? um_options_find(word + 2) : um_options_letter(word[1]);

    if (o == UM_OPTIONS) {
        return;
    }
    s->c.o.value[o] = value != NULL ? value + 1 : "";
    if (word[1] != '-' && word[2] != '\0') {
        s->c.o.value[o] = word + 2;
    } else if (value == NULL && um_options_wants(o)) {
        s->waits = o;
    }
}

static void read_words(struct so_far *s)
{
    int n = 0;

    s->waits = UM_OPTIONS;
    for (int i = 0; i < s->n; i++) {
        char *word = s->words[i];

        if (s->waits != UM_OPTIONS) {
            s->c.o.value[s->waits] = word;
            s->waits = UM_OPTIONS;
        } else if (strcmp(word, "--") == 0) {
            s->no_flags = true;
        } else if (word[0] == '-' && word[1] != '\0' && !s->no_flags) {
            take_flag(s, word);
        } else {
            s->words[n++] = word;
        }
    }
    s->c.words = s->words;
    s->c.n = n;
    s->c.verb = n > 0 ? verb_of(s->c.command, s->words[0]) : NULL;
    if (s->c.verb != NULL) {
        s->c.words++;
        s->c.n--;
    } else {
        s->c.verb = verb_of(s->c.command, NULL);
    }
}

/* The kind of the word at a place of a usage: the last one stands for more if
 * it ends with dots. */
static void kind_at(const char *usage, int at, char kind[64])
{
    kind[0] = '\0';
    while (*usage != '\0') {
        size_t n = strcspn(usage, " ");
        bool more =
            strstr(usage, "...") != NULL && strstr(usage, "...") < usage + n;

        if (at == 0 || (more && usage[n] == '\0')) {
            (void)snprintf(kind, 64, "%.*s", (int)n, usage + (*usage == '['));
            kind[strcspn(kind, more ? ".]" : "]")] = '\0';
            return;
        }
        at--;
        usage += n + (usage[n] == ' ');
    }
}

static void offer_flags(const struct so_far *s, const struct um_offer *o)
{
    uint64_t set = 0;
    char word[64];

    for (size_t i = 0; i < s->c.command->n; i++) {
        const struct um_cli_verb *v = &s->c.command->verbs[i];

        set |= s->c.verb == NULL || s->c.verb == v ? um_options_common(v->flags)
                                                   : 0;
    }
    for (int i = 0; i < UM_OPTIONS; i++) {
        if ((set & UM_BIT(i)) != 0 && s->c.o.value[i] == NULL) {
            (void)snprintf(word, sizeof word, "--%s",
                           um_options_name((enum um_option)i));
            um_offer_word(o, word, um_options_text((enum um_option)i));
        }
    }
}

/* A value of a flag; PATH is a socket's there. */
static void offer_value(const struct so_far *s, const struct um_offer *o,
                        enum um_option which)
{
    const char *arg = which != UM_OPTIONS ? um_options_arg(which) : NULL;

    if (arg != NULL) {
        arg += *arg == '[';
        um_offer_kind(o, &s->c, strcmp(arg, "PATH") == 0 ? "FILE" : arg);
    }
}

/* "--wait=app": the flag, and what is behind its sign. */
static void offer_joined(const struct so_far *s)
{
    const char *value = strchr(s->cur, '=') + 1;
    char before[64];
    const struct um_offer o = {value, before};

    (void)snprintf(before, sizeof before, "%.*s", (int)(value - s->cur),
                   s->cur);
    offer_value(s, &o, um_options_find(s->cur + 2));
}

static void offer_words(const struct so_far *s, const struct um_offer *o)
{
    char kind[64];

    for (size_t i = 0; s->c.n == 0 && i < s->c.command->n; i++) {
        const struct um_cli_verb *v = &s->c.command->verbs[i];

        if (v->name != NULL && (s->c.verb == NULL || s->c.verb->name == NULL)) {
            um_offer_word(o, v->name, v->text);
        }
    }
    if (s->c.verb != NULL) {
        kind_at(s->c.verb->words, s->c.n, kind);
        um_offer_kind(o, &s->c, kind);
    }
}

/* The flags that the help of a program of its own has. */
static void offer_help(const struct um_cli_command *cmd,
                       const struct um_offer *o)
{
    char name[] = "unitmesh", flag[] = "--help", word[64];
    char *argv[] = {name, flag, NULL};
    struct um_capture said;

    if (!um_capture_begin(&said)) {
        return;
    }
    optind = 0;
    (void)cmd->program(2, argv);
    um_capture_end(&said);
    for (char *line = strtok(said.text, "\n"); line != NULL;
         line = strtok(NULL, "\n")) {
        const char *dashes = strstr(line, "  --");
        const char *text = line;

        if (dashes == NULL || dashes > line + 4) {
            continue;
        }
        dashes += 2;
        (void)snprintf(word, sizeof word, "%.*s", (int)strcspn(dashes, " =["),
                       dashes);
        text = strstr(dashes, "  ");
        um_offer_word(o, word, text != NULL ? text + strspn(text, " ") : NULL);
    }
    um_capture_fini(&said);
}

static void offer(struct so_far *s)
{
    const struct um_offer o = {s->cur, ""};

    if (s->c.command->program != NULL) {
        if (s->cur[0] == '-') {
            offer_help(s->c.command, &o);
        } else {
            (void)puts(":files");
        }
        return;
    }
    read_words(s);
    um_cli_socket(&s->c.o);
    if (s->waits != UM_OPTIONS) {
        offer_value(s, &o, s->waits);
    } else if (s->cur[0] == '-' && !s->no_flags) {
        if (strncmp(s->cur, "--", 2) == 0 && strchr(s->cur, '=') != NULL) {
            offer_joined(s);
        } else {
            offer_flags(s, &o);
        }
    } else {
        offer_words(s, &o);
    }
}

static void offer_commands(const char *cur)
{
    const struct um_offer o = {cur, ""};

    for (const struct um_cli_group *g = um_cli_groups(); g->commands != NULL;
         g++) {
        for (const struct um_cli_command *c = g->commands; c->name != NULL;
             c++) {
            um_offer_word(&o, c->name, c->text);
        }
    }
    um_offer_word(&o, "help", "what a command does");
}

int um_cli_complete(int argc, char **argv)
{
    struct so_far s = {.words = argv + 2, .n = argc - 3};

    if (argc < 2) {
        return 2;
    }
    s.cur = argv[argc - 1];
    if (argc == 2 || (argc == 3 && strcmp(argv[1], "help") == 0)) {
        offer_commands(s.cur);
        return 0;
    }
    s.c.command = um_cli_find(argv[1]);
    if (s.c.command != NULL) {
        offer(&s);
    }
    return 0;
}
