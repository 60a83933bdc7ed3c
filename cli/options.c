/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See options.h. An argument that is called SPAN or N is checked to be one;
 * one with bars in its name must be one of these words. */
#include "cli/options.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "mesh/app/settings.h"
#include "mesh/app/span.h"
#include "mesh/base/str.h"

static const struct flag {
    const char *name;
    const char *arg; /* NULL: none; "[" before it: may be missing */
    const char *text;
    char letter; /* 0: none */
} flags[UM_OPTIONS] = {
    [UM_OPT_FILE] = {"file", "FILE", "where it is; - is standard input", 'f'},
    [UM_OPT_SECRET] = {"secret", NULL, "nobody is shown the value again", 0},
    [UM_OPT_DETAILED] = {"detailed-exitcode", NULL, "2 if there are changes",
                         0},
    [UM_OPT_EFFECTIVE] = {"effective", NULL, "what a node runs of it", 0},
    [UM_OPT_NODE] = {"node", "MEMBER", "which node; else the one asked", 0},
    [UM_OPT_LIMIT] = {"limit", "N", "at most so many", 0},
    [UM_OPT_SINCE] = {"since", "N", "those behind number N first", 0},
    [UM_OPT_LAST] = {"last", "SPAN", "those of that time until now", 0},
    [UM_OPT_FOR] = {"for", "SPAN", "how long; then as before", 0},
    [UM_OPT_TAKE] = {"take", NULL, "its document becomes the mesh's", 0},
    [UM_OPT_DROP] = {"drop", NULL, "the current document stays", 0},
    [UM_OPT_EDIT] = {"edit", "FILE", "the document in FILE is the outcome", 0},
    [UM_OPT_PEER] = {"peer", "MULTIADDR", "where to knock", 0},
    [UM_OPT_ROLE] = {"role", "writer|node", "what it may; else node", 0},
    [UM_OPT_EXPIRES] = {"expires", "SPAN", "how long it holds; else 15m", 0},
    [UM_OPT_USES] = {"uses", "N", "how many may use it; else 1", 0},
    [UM_OPT_QR] = {"qr", NULL, "draw it, for a camera", 0},
    [UM_OPT_PURGE] = {"purge", NULL, "forget all of the mesh", 0},
    [UM_OPT_TO_SIGN] = {"to-sign", "FILE", "what an owner is to sign elsewhere",
                        0},
    [UM_OPT_KEY] = {"key", "FILE", "the owner's key", 0},
    [UM_OPT_RECOVERY] = {"recovery", NULL,
                         "the key on paper, from standard input", 0},
    [UM_OPT_CHECK] = {"check", NULL, "whether the paper is the right one", 0},
    [UM_OPT_TO] = {"to", "MEMBER", "whose key is to be the root's", 0},
    [UM_OPT_UNHEARD] = {"unheard", NULL,
                        "an owner said so, and this node did not hear it", 0},
    [UM_OPT_HOST] = {"host", "HOST",
                     "what the others fetch from, and nothing else", 0},
    [UM_OPT_MESH_NAME] = {"name", "NAME", "of the mesh, or of the webhook", 0},
    [UM_OPT_EVENTS] = {"events", "WORDS", "only these, with commas; else all",
                       0},
    [UM_OPT_LINK_LOCAL] = {"allow-link-local", NULL,
                           "even to an address of the link, or a cloud's", 0},
    [UM_OPT_CERT] = {"cert", "NAME=FILE",
                     "a certificate that Unit has: chain and key", 0},
    [UM_OPT_UNIT_STATE] = {"unit-state", "DIR",
                           "where Unit keeps its certificates", 0},
    [UM_OPT_READ_ONLY] = {"read-only", NULL, "who follows it changes nothing",
                          0},
    [UM_OPT_OPEN] = {"open", NULL, "in a browser, by xdg-open", 0},
    [UM_OPT_MESSAGE] = {"message", "TEXT", "why; a line of the log", 'm'},
    [UM_OPT_IF_MATCH] = {"if-match", "REV", "only if that is current", 0},
    [UM_OPT_DRY_RUN] = {"dry-run", NULL, "show it and change nothing", 0},
    [UM_OPT_TRIAL] = {"trial", "[SPAN", "ends by itself unless confirmed", 0},
    [UM_OPT_STAGED] = {"staged", "[WHO",
                       "some first: a selector, a number, or a share: 20%", 0},
    [UM_OPT_SOAK] = {"soak", "SPAN", "how long a stage has to hold", 0},
    [UM_OPT_BUDGET] = {"budget", "N", "how many nodes may fail", 0},
    [UM_OPT_DEADLINE] = {"deadline", "SPAN", "then it ends unless it is done",
                         0},
    [UM_OPT_WAIT] = {"wait", "[applied|healthy", "until all nodes are", 0},
    [UM_OPT_TIMEOUT] = {"timeout", "SPAN", "how long to wait", 0},
    [UM_OPT_FORCE] = {"force", NULL, "even if little or nothing is left", 0},
    [UM_OPT_ALONE] = {"alone", NULL, "even if most members are not heard", 0},
    [UM_OPT_SKEWED] = {"skewed", NULL, "even if this clock is wrong", 0},
    [UM_OPT_SUPERSEDE] = {"supersede", NULL,
                          "even if it ends one that is under way", 0},
    [UM_OPT_CROWDED] = {"crowded", NULL, "even if many conflicts wait", 0},
    [UM_OPT_DESPITE] = {"despite", NULL, "even if it failed on a node", 0},
    [UM_OPT_WATCH] = {"watch", NULL, "look again whenever something happens",
                      'w'},
    [UM_OPT_YES] = {"yes", NULL, "do not ask, on a terminal neither", 'y'},
    [UM_OPT_CONTROL] = {"control", "PATH", "the daemon's REST socket", 0},
    [UM_OPT_NAME] = {"name", "NAME", "of the daemon, when a host runs several",
                     0},
    [UM_OPT_DAEMON] = {"daemon", "NAME", "the same", 0},
    [UM_OPT_OUTPUT] = {"output", "text|json|yaml", "how to show it", 'o'},
    [UM_OPT_HELP] = {"help", NULL, "this text", 'h'},
};

uint64_t um_options_common(uint64_t set)
{
    set |= UM_BIT(UM_OPT_CONTROL) | UM_BIT(UM_OPT_DAEMON) |
           UM_BIT(UM_OPT_OUTPUT) | UM_BIT(UM_OPT_HELP);
    return (set & UM_BIT(UM_OPT_MESH_NAME)) != 0 ? set
                                                 : set | UM_BIT(UM_OPT_NAME);
}

const char *um_options_name(enum um_option o)
{
    return flags[o].name;
}

const char *um_options_arg(enum um_option o)
{
    return flags[o].arg;
}

const char *um_options_text(enum um_option o)
{
    return flags[o].text;
}

bool um_options_wants(enum um_option o)
{
    return flags[o].arg != NULL && *flags[o].arg != '[';
}

enum um_option um_options_find(const char *name)
{
    size_t n = strcspn(name, "=");

    for (int i = 0; i < UM_OPTIONS; i++) {
        if (strlen(flags[i].name) == n && memcmp(flags[i].name, name, n) == 0) {
            return (enum um_option)i;
        }
    }
    return UM_OPTIONS;
}

/* Whether a value is one of "a|b". */
static bool is_one_of(const char *all, const char *v)
{
    size_t len = strlen(v);

    while (all != NULL) {
        const char *bar = strchr(all, '|');
        size_t n = bar != NULL ? (size_t)(bar - all) : strlen(all);

        if (n == len && memcmp(all, v, n) == 0) {
            return true;
        }
        all = bar != NULL ? bar + 1 : NULL;
    }
    return false;
}

/* "must be a, b or c" of "a|b|c". */
static const char *say_words(const char *all, char *buf, size_t cap)
{
    size_t len = (size_t)snprintf(buf, cap, "must be ");

    for (; *all != '\0' && len + 6 < cap; all++) {
        if (*all != '|') {
            buf[len++] = *all;
            buf[len] = '\0';
        } else {
            len +=
                (size_t)snprintf(buf + len, cap - len, "%s",
                                 strchr(all + 1, '|') != NULL ? ", " : " or ");
        }
    }
    return buf;
}

/* What is wrong with a value; NULL: nothing. */
static const char *complaint(const char *arg, const char *v, char *buf,
                             size_t cap)
{
    uint64_t ms;
    const char *bar = strchr(arg, '|');

    if (strcmp(arg, "SPAN") == 0) {
        return um_span_parse(v, &ms) ? NULL
                                     : "must be a span such as 30s, 10m, 2h";
    }
    if (strcmp(arg, "N") == 0) {
        return um_str_decimal(um_str(v)) >= 0 ? NULL : "must be a number";
    }
    if (strcmp(arg, "TEXT") == 0) {
        return strpbrk(v, "\r\n") == NULL ? NULL : "must be one line";
    }
    if (strcmp(arg, "REV") == 0) {
        return v[strspn(v, "0123456789abcdefr.")] == '\0' && *v != '\0'
                   ? NULL
                   : "must be a revision such as r42.9f3c";
    }
    if (bar == NULL || is_one_of(arg, v)) {
        return NULL;
    }
    return say_words(arg, buf, cap);
}

static int keep(struct um_options *o, enum um_option which, const char *v,
                const char *command)
{
    const char *arg = flags[which].arg;
    const char *why = NULL;
    char buf[64];

    o->value[which] = v != NULL ? v : "";
    if (which == UM_OPT_CERT) {
        if (o->certs_n == UM_OPTIONS_CERTS) {
            (void)fprintf(stderr, "%s: --cert: too many; see --unit-state\n",
                          command);
            return 2;
        }
        o->certs[o->certs_n++] = v;
    }
    if (v != NULL && arg != NULL) {
        why = complaint(arg + (*arg == '['), v, buf, sizeof buf);
    }
    if (which == UM_OPT_CONTROL && strlen(v) >= sizeof o->socket) {
        why = "too long";
    }
    if (why != NULL) {
        (void)fprintf(stderr, "%s: --%s %s: %s\n", command, flags[which].name,
                      v, why);
        return 2;
    }
    return 0;
}

/* The table in getopt's words. Of two flags with one name the second is left
 * out: who takes which is told by the command. */
static void fill(struct option *out, char *letters)
{
    for (int i = 0; i < UM_OPTIONS; i++) {
        const char *arg = flags[i].arg;

        if (i == UM_OPT_MESH_NAME) {
            continue;
        }
        *out++ = (struct option){.name = flags[i].name,
                                 .has_arg = arg == NULL   ? no_argument
                                            : *arg == '[' ? optional_argument
                                                          : required_argument,
                                 .val = 256 + i};
        if (flags[i].letter != 0) {
            *letters++ = flags[i].letter;
            if (arg != NULL) {
                *letters++ = ':';
            }
        }
    }
    *out = (struct option){0};
    *letters = '\0';
}

enum um_option um_options_letter(char letter)
{
    int i = 0;

    while (i < UM_OPTIONS && (letter == 0 || flags[i].letter != letter)) {
        i++;
    }
    return (enum um_option)i;
}

int um_options_read(struct um_options *o, int argc, char **argv)
{
    struct option longs[UM_OPTIONS + 1];
    char letters[32];
    int c, rv = 0;

    *o = (struct um_options){.json = false};
    fill(longs, letters);
    while (rv == 0 &&
           (c = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
        if (c == '?') {
            return 2;
        }
        c = c >= 256 ? c - 256 : (int)um_options_letter((char)c);
        rv = keep(o, (enum um_option)c, optarg, argv[0]);
    }
    o->json = o->value[UM_OPT_OUTPUT] != NULL &&
              strcmp(o->value[UM_OPT_OUTPUT], "text") != 0;
    o->yaml = o->json && strcmp(o->value[UM_OPT_OUTPUT], "yaml") == 0;
    return rv;
}

enum um_option um_options_stray(const struct um_options *o, uint64_t set)
{
    int i = 0;

    while (i < UM_OPTIONS && (o->value[i] == NULL || (set & UM_BIT(i)) != 0)) {
        i++;
    }
    return (enum um_option)i;
}

void um_options_help(uint64_t set)
{
    for (int i = 0; i < UM_OPTIONS; i++) {
        const char *arg = flags[i].arg;
        char left[48], letter = flags[i].letter;

        if ((set & UM_BIT(i)) == 0) {
            continue;
        }
        if (arg != NULL && *arg == '[') {
            (void)snprintf(left, sizeof left, "--%s[=%s]", flags[i].name,
                           arg + 1);
        } else {
            (void)snprintf(left, sizeof left, "--%s%s%s", flags[i].name,
                           arg != NULL ? " " : "", arg != NULL ? arg : "");
        }
        (void)printf("  %c%c%c %-24s %s\n", letter != 0 ? '-' : ' ',
                     letter != 0 ? letter : ' ', letter != 0 ? ',' : ' ', left,
                     flags[i].text);
    }
}
