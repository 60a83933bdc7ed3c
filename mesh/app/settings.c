/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What was given, by flags, variables and a file (given.h), becomes what holds;
 * what nobody said is found from the rest. All mistakes are told, not only the
 * first.
 */
#include "mesh/app/settings.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <p2p/multiaddr.h>

#include "mesh/app/journal.h"
#include "mesh/app/sockets.h"
#include "mesh/base/str.h"
#include "mesh/node/node.h"

const char *const um_settings_levels[UM_SETTINGS_LEVELS] = {
    "error", "warn", "info", "debug", "trace"};

/* Each setter returns what is wrong with a value, which it leaves alone then,
 * or NULL. */

static const char *copy(char *to, size_t cap, const char *v)
{
    if (strlen(v) >= cap) {
        return "too long";
    }
    memcpy(to, v, strlen(v) + 1);
    return NULL;
}

/* A multiaddr that can be read; what it leads to is found out later. */
static const char *add_addr(const char **list, size_t *n, const char *v)
{
    struct p2p_multiaddr ma;
    int rv = p2p_multiaddr_from_text(v, strlen(v), &ma);

    if (rv != 0) {
        return rv == P2P_EFORMAT
                   ? "must be a multiaddr such as /ip4/192.0.2.7/tcp/4901"
                   : p2p_err_text(rv);
    }
    list[(*n)++] = v; /* so many there are, and no more were given */
    return NULL;
}

/* The same of a relay, of which has to be known who it is. */
static const char *add_relay(struct um_settings *s, const char *v)
{
    static const char tail[] = "/p2p-circuit";
    size_t len = strlen(v), n = sizeof tail - 1;
    struct p2p_multiaddr ma;

    len -= len > n && strcmp(v + len - n, tail) == 0 ? n : 0;
    if (p2p_multiaddr_from_text(v, len, &ma) == 0 &&
        !p2p_multiaddr_peer(&ma, NULL)) {
        return "must end with /p2p/ and the relay's peer id";
    }
    return add_addr(s->relays, &s->n_relays, v);
}

/* Which of some words a value is; -1: none. */
static int word_of(const char *const *words, int n, const char *v)
{
    for (int i = 0; i < n; i++) {
        if (strcmp(words[i], v) == 0) {
            return i;
        }
    }
    return -1;
}

static const char *set_word(int *to, const char *const *words, int n,
                            const char *v, const char *wrong)
{
    int which = word_of(words, n, v);

    if (which < 0) {
        return wrong;
    }
    *to = which;
    return NULL;
}

static const char *set_level(struct um_settings *s, const char *v)
{
    return set_word(&s->log_level, um_settings_levels, UM_SETTINGS_LEVELS, v,
                    "must be error, warn, info, debug or trace");
}

static const char *set_bind(struct um_settings *s, const char *v)
{
    struct in_addr ip;

    if (inet_pton(AF_INET, v, &ip) != 1) {
        return "must be an IPv4 address";
    }
    s->bind = v;
    return NULL;
}

static const char *set_rest(struct um_settings *s, const char *v)
{
    if (strcmp(v, "none") == 0) {
        s->rest[0] = '\0';
        return NULL;
    }
    return um_socket_addr_ok(v) ? copy(s->rest, sizeof s->rest, v)
                                : "must be ADDR:PORT, or none";
}

static const char *set_format(struct um_settings *s, const char *v)
{
    static const char *const names[] = {"text", "json", "journal"};

    return set_word(&s->log_format, names, 3, v,
                    "must be text, json or journal");
}

static const char *set_unit(struct um_settings *s, const char *v)
{
    if (strncmp(v, "unix:", 5) != 0 && strncmp(v, "http://", 7) != 0 &&
        strcmp(v, "embedded") != 0 && strcmp(v, "none") != 0) {
        return "must be unix:PATH, http://HOST:PORT, embedded or none";
    }
    s->unit = v;
    return NULL;
}

/* It becomes a part of paths. */
static const char *set_name(struct um_settings *s, const char *v)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyz"
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

    if (v[0] == '\0' || strlen(v) > 64 || v[strspn(v, allowed)] != '\0') {
        return "must be letters, digits, dots and hyphens";
    }
    s->name = v;
    return NULL;
}

static const char *set_flavour(struct um_settings *s, const char *v)
{
    if (strcmp(v, "unit") != 0 && strcmp(v, "freeunit") != 0) {
        return "must be unit or freeunit";
    }
    s->unit_flavour = v;
    return NULL;
}

static const char *set_drift(struct um_settings *s, const char *v)
{
    static const char *const names[] = {"report", "heal", "adopt"};

    return set_word(&s->drift, names, 3, v, "must be report, heal or adopt");
}

/* The modules of a list. */
static const char *set_discovery(struct um_settings *s, const char *v)
{
    static const char *const names[] = {"mdns", "bootstrap", "rendezvous",
                                        "dht"};
    static const char wrong[] =
        "must be some of mdns, bootstrap, rendezvous and dht, with commas "
        "between them, or none";
    struct um_str rest = um_str(strcmp(v, "none") == 0 ? "" : v);
    unsigned modules = 0;

    if (v[0] == '\0' || v[strlen(v) - 1] == ',') {
        return wrong;
    }
    while (rest.len > 0) {
        const char *end = memchr(rest.p, ',', rest.len);
        size_t n = end != NULL ? (size_t)(end - rest.p) : rest.len;
        unsigned i = 0;

        while (i < 4 && !um_str_eq(um_str_head(rest, n), um_str(names[i]))) {
            i++;
        }
        if (i == 4) {
            return wrong;
        }
        modules |= 1U << i;
        rest = um_str_skip(rest, n + 1);
    }
    s->discovery = modules;
    return NULL;
}

static const char *set(struct um_settings *s, enum um_setting which,
                       const char *v)
{
    switch (which) {
        case UM_SETTING_STATE:
            return copy(s->state, sizeof s->state, v);
        case UM_SETTING_CONTROL:
            return copy(s->control, sizeof s->control, v);
        case UM_SETTING_LISTEN:
            return add_addr(s->listen, &s->n_listen, v);
        case UM_SETTING_PEER:
            return add_addr(s->peers, &s->n_peers, v);
        case UM_SETTING_BOOTSTRAP:
            return add_addr(s->entries, &s->n_entries, v);
        case UM_SETTING_RELAY:
            return add_relay(s, v);
        case UM_SETTING_DISCOVERY:
            return set_discovery(s, v);
        case UM_SETTING_REST:
            return set_rest(s, v);
        case UM_SETTING_UNIT:
            return set_unit(s, v);
        case UM_SETTING_UNIT_FLAVOUR:
            return set_flavour(s, v);
        case UM_SETTING_DRIFT:
            return set_drift(s, v);
        case UM_SETTING_BIND:
            return set_bind(s, v);
        case UM_SETTING_NAME:
            return set_name(s, v);
        case UM_SETTING_LOG_FORMAT:
            return set_format(s, v);
        case UM_SETTING_LOG_LEVEL:
            return set_level(s, v);
        default:
            return NULL;
    }
}

/* Where a text goes that is only noted; NULL: it is none of these. */
static const char **place_of(struct um_settings *s, enum um_setting which)
{
    switch (which) {
        case UM_SETTING_UNIT_LISTEN:
            return &s->unit_listen;
        case UM_SETTING_UNIT_MODULES:
            return &s->unit_modules;
        case UM_SETTING_UNIT_LOG:
            return &s->unit_log;
        case UM_SETTING_SCRATCH_UNIT:
            return &s->scratch_unit;
        case UM_SETTING_POLICY:
            return &s->policy;
        case UM_SETTING_JOIN_FILE:
            return &s->join_file;
        case UM_SETTING_METRICS_TOKEN:
            return &s->metrics_token;
        case UM_SETTING_READ_TOKEN:
            return &s->read_token;
        case UM_SETTING_USER:
            return &s->user;
        case UM_SETTING_APPLIER:
            return &s->applier;
        default:
            return NULL;
    }
}

/* A yes or no. */
static const char *set_truth(struct um_settings *s, enum um_setting which,
                             const char *v)
{
    static const char *const words[] = {"no", "yes", "false", "true"};
    int said = word_of(words, 4, v);
    bool is = said == 1 || said == 3;

    if (said < 0) {
        return "must be yes or no";
    }
    if (which == UM_SETTING_ARTICLE) {
        s->article = is;
    } else if (which == UM_SETTING_PUBLIC) {
        s->reach = is ? P2P_REACHABLE : P2P_UNREACHABLE;
    } else if (which == UM_SETTING_PORTMAP) {
        s->portmap = is;
    } else if (which == UM_SETTING_NO_MDNS) {
        s->no_mdns = is;
    } else if (which == UM_SETTING_NO_UI) {
        s->ui = !is;
    } else {
        s->confine = !is;
    }
    return NULL;
}

/* What was given becomes what holds. */
static void set_all(struct um_settings *s)
{
    for (size_t i = 0; i < UM_SETTINGS; i++) {
        enum um_setting which = (enum um_setting)i;
        const struct um_given_row *row = &s->given.rows[i];
        const char **place = place_of(s, which);

        for (size_t j = 0; j < row->n; j++) {
            const char *v = row->values[j], *why = NULL;

            if (um_setting_rows[i].arg == NULL) {
                why = set_truth(s, which, v);
            } else if (place != NULL) {
                *place = v;
            } else {
                why = set(s, which, v);
            }
            if (why != NULL) {
                um_given_wrong(&s->given, which, j, why);
            }
        }
    }
}

static bool was_given(const struct um_settings *s, enum um_setting which)
{
    return s->given.rows[which].n > 0;
}

/* The folder where state is kept when nobody says. */
static void default_state(struct um_settings *s)
{
    const char *xdg = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    const char *dash = s->name != NULL ? "-" : "";
    const char *name = s->name != NULL ? s->name : "";

    if (s->state[0] != '\0') {
        return;
    }
    if (xdg != NULL && xdg[0] == '/') {
        (void)snprintf(s->state, sizeof s->state, "%s/unitmesh%s%s", xdg, dash,
                       name);
    } else if (geteuid() == 0 || home == NULL) {
        (void)snprintf(s->state, sizeof s->state, "/var/lib/unitmesh%s%s", dash,
                       name);
    } else {
        (void)snprintf(s->state, sizeof s->state,
                       "%s/.local/state/unitmesh%s%s", home, dash, name);
    }
}

/* The folder is too deep down for a socket in it. */
static void tell_no_socket(struct um_settings *s)
{
    static const char why[] = "too long for a socket: --control PATH";
    char line[sizeof s->state + sizeof ": " + sizeof why];

    if (was_given(s, UM_SETTING_STATE)) {
        um_given_wrong(&s->given, UM_SETTING_STATE, 0, why);
    } else {
        (void)snprintf(line, sizeof line, "%s: %s", s->state, why);
        um_given_tell(&s->given, line);
    }
}

/* The control socket: in /run for root, else beside the state. */
static void default_control(struct um_settings *s)
{
    size_t n;

    if (s->control[0] != '\0') {
        return;
    }
    if (geteuid() == 0) {
        (void)snprintf(
            s->control, sizeof s->control, "/run/unitmesh%s%s/control.sock",
            s->name != NULL ? "-" : "", s->name != NULL ? s->name : "");
        return;
    }
    n = (size_t)snprintf(s->control, sizeof s->control, "%s/control.sock",
                         s->state);
    if (n >= sizeof s->control) { /* what is left of it is another one */
        s->control[0] = '\0';
        tell_no_socket(s);
    }
}

/* Where peers connect: any port in the article's mode, else ours. */
static void default_listen(struct um_settings *s)
{
    (void)snprintf(s->listen_default, sizeof s->listen_default,
                   "/ip4/%s/tcp/%s", s->bind != NULL ? s->bind : "0.0.0.0",
                   s->article ? "0" : "4901");
    s->listen[s->n_listen++] = s->listen_default;
    if (!s->article && s->bind == NULL) {
        s->listen[s->n_listen++] = "/ip6/::/tcp/4901";
    }
}

/* Where REST over TCP is; the article's variable PORT is its port. */
static void default_rest(struct um_settings *s)
{
    const char *port = getenv("PORT");
    char text[80];

    if (s->article) {
        (void)snprintf(s->rest, sizeof s->rest, "%s:%s",
                       s->bind != NULL ? s->bind : "0.0.0.0",
                       port != NULL ? port : "3000");
    } else {
        (void)snprintf(s->rest, sizeof s->rest, "%s:4902",
                       s->bind != NULL && strncmp(s->bind, "127.", 4) == 0
                           ? s->bind
                           : "127.0.0.1"); /* no further without TLS */
    }
    if (!um_socket_addr_ok(s->rest)) {
        (void)snprintf(text, sizeof text, "PORT=%.40s: must be a port", port);
        um_given_tell(&s->given, text);
    }
}

/* Flags of the stand-in say nothing to a real Unit. */
static void check_standin(struct um_settings *s)
{
    static const enum um_setting its[] = {UM_SETTING_UNIT_LISTEN,
                                          UM_SETTING_UNIT_MODULES,
                                          UM_SETTING_UNIT_FLAVOUR};
    bool embedded = s->unit != NULL && strcmp(s->unit, "embedded") == 0;
    const char *listen = s->unit_listen;

    for (size_t i = 0; i < sizeof its / sizeof *its && !embedded; i++) {
        if (was_given(s, its[i])) {
            um_given_wrong(&s->given, its[i], 0, "needs --unit embedded");
        }
    }
    if (embedded && listen != NULL && strncmp(listen, "unix:", 5) != 0 &&
        !um_socket_addr_ok(listen)) {
        um_given_wrong(&s->given, UM_SETTING_UNIT_LISTEN, 0,
                       "must be ADDR:PORT or unix:PATH");
    }
}

/* For tests: a mesh whose members all run so many times as fast. */
static void read_speed(struct um_settings *s)
{
    const char *text = getenv("UNITMESH_TEST_SPEED");
    int64_t n = text != NULL ? um_str_decimal(um_str(text)) : 1;
    char line[120];

    if (n < 1 || n > UM_NODE_SPEED_MAX) {
        (void)snprintf(line, sizeof line,
                       "UNITMESH_TEST_SPEED=%.40s: must be 1 to %d", text,
                       UM_NODE_SPEED_MAX);
        um_given_tell(&s->given, line);
        n = 1;
    }
    s->test_speed = (unsigned)n;
}

/* What does not go together. */
static void check_conflicts(struct um_settings *s)
{
    check_standin(s);
    if (s->user != NULL && !s->confine) {
        um_given_wrong(&s->given, UM_SETTING_USER, 0,
                       "is nobody's with --no-confine");
    }
    if (s->applier != NULL &&
        (s->article || (s->unit != NULL && strcmp(s->unit, "embedded") == 0))) {
        um_given_wrong(&s->given, UM_SETTING_APPLIER, 0,
                       "has no part with --article or --unit embedded");
    }
    if (s->join_file != NULL && s->article) {
        um_given_wrong(&s->given, UM_SETTING_JOIN_FILE, 0,
                       "has no part with --article");
    }
}

/* What nobody said, or not well. */
static void add_defaults(struct um_settings *s)
{
    default_state(s);
    default_control(s);
    if (!was_given(s, UM_SETTING_REST)) {
        default_rest(s);
    }
    if (s->no_mdns) {
        s->discovery &= ~(unsigned)UM_DISCOVERY_MDNS;
    }
    read_speed(s);
    if (s->n_listen == 0) {
        default_listen(s);
    }
    if (s->unit_flavour == NULL) {
        s->unit_flavour = "unit";
    }
}

/* All but whom to tell of mistakes. 1: --help is among the flags. */
static int read_all(struct um_settings *s, const struct um_given_sources *from)
{
    s->log_level = 2;
    s->confine = s->ui = true;
    s->discovery = UM_DISCOVERY_DEFAULT;
    s->log_format = UM_JOURNAL_FOUND;
    if (um_given_read(&s->given, from) != 0) {
        return 1;
    }
    set_all(s);
    if (s->given.wrong == 0) { /* else they may not be what was meant */
        check_conflicts(s);
    }
    add_defaults(s);
    return s->given.wrong == 0 ? 0 : 2;
}

static void print_help(const char *program)
{
    (void)printf("usage: %s [FLAGS]\n\n%s\n", program,
                 strstr(program, "applier") != NULL
                     ? "Holds Unit and the keys for a daemon."
                     : "Runs the daemon beside one NGINX Unit.");
    um_setting_help();
    (void)puts(
        "  --help                     this text\n\n"
        "Each may be a line `name = value` of the settings file, or a variable "
        "such as\nUNITMESH_LOG_LEVEL; a flag counts before a variable, that "
        "before the file, which\nis /etc/unitmesh/unitmesh.conf for root, and "
        "unitmesh/unitmesh.conf in\n$XDG_CONFIG_HOME or ~/.config for others. "
        "`unitmesh config check` shows what\nholds.\n\n"
        "Peers connect to TCP port 4901, IPv4 and IPv6, and REST is at "
        "127.0.0.1:4902; with\n--article at a free port, and at 0.0.0.0:3000 "
        "or the variable PORT.\n\nState is in $XDG_STATE_HOME/unitmesh; "
        "without the variable root has it in\n/var/lib/unitmesh, others have "
        "it in ~/.local/state/unitmesh.\n\nExit codes: 0 done, 1 error, 2 "
        "usage.");
}

/* user: the program's name, as it was called. */
static void say(void *user, const char *line)
{
    (void)fprintf(stderr, "%s: %s\n", (const char *)user, line);
}

int um_settings_parse(struct um_settings *s, int argc, char **argv)
{
    const struct um_given_sources from = {.argc = argc, .argv = argv};
    int rv;

    *s = (struct um_settings){.given = {.complain = say, .user = argv[0]}};
    rv = read_all(s, &from);
    if (rv == 1) {
        print_help(argv[0]);
    } else if (rv == 2) {
        (void)fprintf(stderr, "%s --help tells more.\n", argv[0]);
    }
    if (rv != 0) {
        um_settings_fini(s);
    }
    return rv;
}

int um_settings_look(struct um_settings *s, const char *file, const char *name,
                     void (*complain)(void *user, const char *line), void *user)
{
    const struct um_given_sources from = {.file = file, .name = name};

    *s = (struct um_settings){.given = {.complain = complain, .user = user}};
    return read_all(s, &from);
}

void um_settings_fini(struct um_settings *s)
{
    um_given_fini(&s->given);
}

/* Whether a daemon was named by what is no name: no other one is meant. */
static bool is_misnamed(const struct um_settings *s)
{
    return s->name == NULL && was_given(s, UM_SETTING_NAME);
}

void um_settings_socket(const char *name, char *out, size_t cap)
{
    struct um_settings s;

    (void)um_settings_look(&s, NULL, name, NULL, NULL);
    (void)snprintf(out, cap, "%s", is_misnamed(&s) ? "" : s.control);
    um_settings_fini(&s);
}

void um_settings_state(const char *name, char *out, size_t cap)
{
    struct um_settings s;

    (void)um_settings_look(&s, NULL, name, NULL, NULL);
    (void)snprintf(out, cap, "%s", is_misnamed(&s) ? "" : s.state);
    um_settings_fini(&s);
}
