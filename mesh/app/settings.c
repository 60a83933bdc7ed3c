/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* One table of flags: it parses, and it makes the help. */
#include "mesh/app/settings.h"

#include <arpa/inet.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <p2p/multiaddr.h>

#include "mesh/app/sockets.h"
#include "mesh/base/str.h"
#include "mesh/node/node.h"

enum flag {
    FLAG_STATE = 1,
    FLAG_CONTROL,
    FLAG_LISTEN,
    FLAG_PEER,
    FLAG_REST,
    FLAG_BIND,
    FLAG_UNIT,
    FLAG_UNIT_LISTEN,
    FLAG_UNIT_MODULES,
    FLAG_UNIT_FLAVOUR,
    FLAG_UNIT_LOG,
    FLAG_SCRATCH_UNIT,
    FLAG_POLICY,
    FLAG_METRICS_TOKEN,
    FLAG_DRIFT,
    FLAG_NAME,
    FLAG_LOG,
    FLAG_LOG_LEVEL,
    FLAG_ARTICLE,
    FLAG_NO_MDNS,
    FLAG_USER,
    FLAG_APPLIER,
    FLAG_NO_CONFINE,
    FLAG_HELP
};

static const struct {
    const char *name;
    enum flag flag;
    const char *arg; /* NULL: none */
    const char *text;
} flags[] = {
    {"state", FLAG_STATE, "DIR", "where node.key and the lock are"},
    {"control", FLAG_CONTROL, "PATH", "the REST socket"},
    {"listen", FLAG_LISTEN, "MULTIADDR",
     "where peers connect; may be repeated"},
    {"peer", FLAG_PEER, "MULTIADDR",
     "a peer where mDNS does not reach; may be repeated"},
    {"rest", FLAG_REST, "ADDR:PORT", "REST over TCP; 'none' turns it off"},
    {"metrics-token", FLAG_METRICS_TOKEN, "FILE",
     "a token that opens GET /metrics over TCP and nothing else"},
    {"bind", FLAG_BIND, "ADDR",
     "open all ports at this IPv4 address alone, so that a host can run "
     "several"},
    {"unit", FLAG_UNIT, "TARGET",
     "unix:PATH, http://HOST:PORT, embedded, or none"},
    {"unit-listen", FLAG_UNIT_LISTEN, "ADDR:PORT",
     "where the embedded stand-in serves its control API"},
    {"unit-modules", FLAG_UNIT_MODULES, "FILE",
     "the language modules that the stand-in pretends to have"},
    {"unit-flavour", FLAG_UNIT_FLAVOUR, "NAME",
     "what the stand-in is: unit or freeunit"},
    {"unit-log", FLAG_UNIT_LOG, "FILE",
     "Unit's log: its end is shown when Unit does not say why it refuses"},
    {"scratch-unit", FLAG_SCRATCH_UNIT, "PATH",
     "a unitd that is started beside Unit: what is written is tried on it "
     "first"},
    {"policy", FLAG_POLICY, "FILE",
     "what this node refuses to run, whoever signed it"},
    {"drift", FLAG_DRIFT, "WHAT",
     "of a change by hand at Unit: report (default), heal or adopt"},
    {"name", FLAG_NAME, "NAME", "of this daemon, when a host runs several"},
    {"log", FLAG_LOG, "FORMAT", "text or json"},
    {"log-level", FLAG_LOG_LEVEL, "LEVEL", "error, warn, info, debug or trace"},
    {"article", FLAG_ARTICLE, NULL,
     "speak the article's protocol; it trusts every peer that it finds"},
    {"user", FLAG_USER, "USER",
     "name or number: whom what talks to the network becomes"},
    {"applier", FLAG_APPLIER, "PATH",
     "the socket of a `unitmesh applier`, which holds Unit and the keys"},
    {"no-confine", FLAG_NO_CONFINE, NULL,
     "give up no rights; for those who look for a fault"},
    {"no-mdns", FLAG_NO_MDNS, NULL, "do not look for peers on the link"},
    {"help", FLAG_HELP, NULL, "this text"},
};

#define N_FLAGS (sizeof flags / sizeof flags[0])

static void print_help(void)
{
    (void)puts(
        "usage: unitmesh run [FLAGS]\n\n"
        "Runs the daemon beside one NGINX Unit.\n");
    for (size_t i = 0; i < N_FLAGS; i++) {
        char left[48];

        (void)snprintf(left, sizeof left, "--%s%s%s", flags[i].name,
                       flags[i].arg != NULL ? " " : "",
                       flags[i].arg != NULL ? flags[i].arg : "");
        (void)printf("  %-26s %s\n", left, flags[i].text);
    }
    (void)puts(
        "\nPeers connect to port 4901, IPv4 and IPv6, and REST is at "
        "127.0.0.1:4902; with\n--article at a free port, and at 0.0.0.0:3000 "
        "or the variable PORT.\n\nState is in $XDG_STATE_HOME/unitmesh; "
        "without "
        "the variable root has it in\n/var/lib/unitmesh, others have it in "
        "~/.local/state/unitmesh.\n\nExit codes: 0 done, 1 error, 2 usage.");
}

static int wrong(const char *flag, const char *value, const char *why)
{
    (void)fprintf(stderr, "unitmesh run: --%s %s: %s\n", flag, value, why);
    return 2;
}

static int add(const char **list, size_t *n, const char *flag, const char *v)
{
    if (*n >= UM_SETTINGS_LIST_MAX) {
        return wrong(flag, v, "too many of them");
    }
    list[(*n)++] = v;
    return 0;
}

/* A multiaddr that can be read; what it leads to is found out later. */
static int add_addr(const char **list, size_t *n, const char *flag,
                    const char *v)
{
    struct p2p_multiaddr ma;
    int rv = p2p_multiaddr_from_text(v, strlen(v), &ma);

    if (rv != 0) {
        return wrong(flag, v,
                     rv == P2P_EFORMAT
                         ? "must be a multiaddr such as /ip4/192.0.2.7/tcp/4901"
                         : p2p_err_text(rv));
    }
    return add(list, n, flag, v);
}

static int copy(char *to, size_t cap, const char *flag, const char *v)
{
    if (strlen(v) >= cap) {
        return wrong(flag, v, "too long");
    }
    memcpy(to, v, strlen(v) + 1);
    return 0;
}

static int set_level(struct um_settings *s, const char *v)
{
    static const char *const names[] = {"error", "warn", "info", "debug",
                                        "trace"};

    for (int i = 0; i < 5; i++) {
        if (strcmp(names[i], v) == 0) {
            s->log_level = i;
            return 0;
        }
    }
    return wrong("log-level", v, "must be error, warn, info, debug or trace");
}

static int set_bind(struct um_settings *s, const char *v)
{
    struct in_addr ip;

    if (inet_pton(AF_INET, v, &ip) != 1) {
        return wrong("bind", v, "must be an IPv4 address");
    }
    s->bind = v;
    return 0;
}

static int set_rest(struct um_settings *s, const char *v)
{
    if (strcmp(v, "none") == 0) {
        s->rest[0] = '\0';
        return 0;
    }
    if (!um_socket_addr_ok(v)) {
        return wrong("rest", v, "must be ADDR:PORT, or none");
    }
    return copy(s->rest, sizeof s->rest, "rest", v);
}

static int set_log(struct um_settings *s, const char *v)
{
    s->log_json = strcmp(v, "json") == 0;
    if (!s->log_json && strcmp(v, "text") != 0) {
        return wrong("log", v, "must be text or json");
    }
    return 0;
}

static int set_unit(struct um_settings *s, const char *v)
{
    if (strncmp(v, "unix:", 5) != 0 && strncmp(v, "http://", 7) != 0 &&
        strcmp(v, "embedded") != 0 && strcmp(v, "none") != 0) {
        return wrong("unit", v,
                     "must be unix:PATH, http://HOST:PORT, embedded or none");
    }
    s->unit = v;
    return 0;
}

/* It becomes a part of paths. */
static int set_name(struct um_settings *s, const char *v)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyz"
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

    if (v[0] == '\0' || strlen(v) > 64 || v[strspn(v, allowed)] != '\0') {
        return wrong("name", v, "must be letters, digits, dots and hyphens");
    }
    s->name = v;
    return 0;
}

static int set_flavour(struct um_settings *s, const char *v)
{
    if (strcmp(v, "unit") != 0 && strcmp(v, "freeunit") != 0) {
        return wrong("unit-flavour", v, "must be unit or freeunit");
    }
    s->unit_flavour = v;
    return 0;
}

static int set_drift(struct um_settings *s, const char *v)
{
    static const char *const names[] = {"report", "heal", "adopt"};

    for (int i = 0; i < 3; i++) {
        if (strcmp(names[i], v) == 0) {
            s->drift = i;
            return 0;
        }
    }
    return wrong("drift", v, "must be report, heal or adopt");
}

static int set(struct um_settings *s, int flag, const char *v)
{
    switch (flag) {
        case FLAG_STATE:
            return copy(s->state, sizeof s->state, "state", v);
        case FLAG_CONTROL:
            return copy(s->control, sizeof s->control, "control", v);
        case FLAG_LISTEN:
            return add_addr(s->listen, &s->n_listen, "listen", v);
        case FLAG_PEER:
            return add_addr(s->peers, &s->n_peers, "peer", v);
        case FLAG_REST:
            return set_rest(s, v);
        case FLAG_UNIT:
            return set_unit(s, v);
        case FLAG_UNIT_FLAVOUR:
            return set_flavour(s, v);
        case FLAG_DRIFT:
            return set_drift(s, v);
        case FLAG_BIND:
            return set_bind(s, v);
        case FLAG_NAME:
            return set_name(s, v);
        case FLAG_LOG:
            return set_log(s, v);
        case FLAG_LOG_LEVEL:
            return set_level(s, v);
        default:
            return 2;
    }
}

/* Flags that only note a pointer or a truth. */
static bool set_plain(struct um_settings *s, int flag, const char *v)
{
    switch (flag) {
        case FLAG_UNIT_LISTEN:
            s->unit_listen = v;
            return true;
        case FLAG_UNIT_MODULES:
            s->unit_modules = v;
            return true;
        case FLAG_UNIT_LOG:
            s->unit_log = v;
            return true;
        case FLAG_SCRATCH_UNIT:
            s->scratch_unit = v;
            return true;
        case FLAG_POLICY:
            s->policy = v;
            return true;
        case FLAG_METRICS_TOKEN:
            s->metrics_token = v;
            return true;
        case FLAG_USER:
            s->user = v;
            return true;
        case FLAG_APPLIER:
            s->applier = v;
            return true;
        case FLAG_NO_CONFINE:
            s->confine = false;
            return true;
        case FLAG_ARTICLE:
            s->article = true;
            return true;
        case FLAG_NO_MDNS:
            s->mdns = false;
            return true;
        default:
            return false;
    }
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

/* The control socket: in /run for root, else beside the state. */
static void default_control(struct um_settings *s)
{
    if (s->control[0] != '\0') {
        return;
    }
    if (geteuid() == 0) {
        (void)snprintf(
            s->control, sizeof s->control, "/run/unitmesh%s%s/control.sock",
            s->name != NULL ? "-" : "", s->name != NULL ? s->name : "");
    } else if (strlen(s->state) + 14 < sizeof s->control) {
        (void)snprintf(s->control, sizeof s->control, "%.90s/control.sock",
                       s->state);
    }
}

void um_settings_socket(const char *name, char *out, size_t cap)
{
    struct um_settings s = {.name = name};

    default_state(&s);
    default_control(&s);
    (void)snprintf(out, cap, "%s", s.control);
}

void um_settings_state(const char *name, char *out, size_t cap)
{
    struct um_settings s = {.name = name};

    default_state(&s);
    (void)snprintf(out, cap, "%s", s.state);
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
static int default_rest(struct um_settings *s)
{
    const char *port = getenv("PORT");

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
        (void)fprintf(stderr, "unitmesh run: PORT=%s: must be a port\n", port);
        return 2;
    }
    return 0;
}

/* Flags of the stand-in say nothing to a real Unit. */
static int check_standin(const struct um_settings *s)
{
    const char *flag = s->unit_listen != NULL    ? "unit-listen"
                       : s->unit_modules != NULL ? "unit-modules"
                       : s->unit_flavour != NULL ? "unit-flavour"
                                                 : NULL;
    const char *listen = s->unit_listen;

    if (flag != NULL && (s->unit == NULL || strcmp(s->unit, "embedded") != 0)) {
        (void)fprintf(stderr, "unitmesh run: --%s needs --unit embedded\n",
                      flag);
        return 2;
    }
    if (listen != NULL && strncmp(listen, "unix:", 5) != 0 &&
        !um_socket_addr_ok(listen)) {
        return wrong("unit-listen", listen, "must be ADDR:PORT or unix:PATH");
    }
    return 0;
}

/* For tests: a mesh whose members all run so many times as fast. */
static int read_speed(struct um_settings *s)
{
    const char *text = getenv("UNITMESH_TEST_SPEED");
    int64_t n = text != NULL ? um_str_decimal(um_str(text)) : 1;

    if (n < 1 || n > UM_NODE_SPEED_MAX) {
        (void)fprintf(stderr,
                      "unitmesh run: UNITMESH_TEST_SPEED=%s: must be 1 to %d\n",
                      text, UM_NODE_SPEED_MAX);
        return 2;
    }
    s->test_speed = (unsigned)n;
    return 0;
}

/* What depends on other flags. */
static int finish(struct um_settings *s, const char *rest)
{
    int rv = check_standin(s);

    if (rv == 0 && s->user != NULL && !s->confine) {
        rv = wrong("user", s->user, "is nobody's with --no-confine");
    }
    if (rv == 0 && s->applier != NULL &&
        (s->article || (s->unit != NULL && strcmp(s->unit, "embedded") == 0))) {
        rv = wrong("applier", s->applier,
                   "has no part with --article or --unit embedded");
    }
    default_state(s);
    default_control(s);
    if (s->control[0] == '\0') {
        return wrong("state", s->state,
                     "too long for a socket: --control PATH");
    }
    if (rv == 0 && rest == NULL) {
        rv = default_rest(s);
    }
    if (rv == 0) {
        rv = read_speed(s);
    }
    if (s->n_listen == 0) {
        default_listen(s);
    }
    if (s->unit_flavour == NULL) {
        s->unit_flavour = "unit";
    }
    return rv;
}

/* The flags; what is wrong with them was said when it returns 2. */
static int read_flags(struct um_settings *s, int argc, char **argv)
{
    struct option options[N_FLAGS + 1] = {{0}};
    const char *rest = NULL;
    int c, rv;

    for (size_t i = 0; i < N_FLAGS; i++) {
        options[i] = (struct option){
            .name = flags[i].name,
            .has_arg = flags[i].arg != NULL ? required_argument : no_argument,
            .val = (int)flags[i].flag};
    }
    *s = (struct um_settings){.log_level = 2, .mdns = true, .confine = true};
    while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        if (c == FLAG_HELP || c == 'h') {
            print_help();
            return 1;
        }
        rest = c == FLAG_REST ? optarg : rest;
        rv = set_plain(s, c, optarg) ? 0 : set(s, c, optarg);
        if (rv != 0) {
            return rv;
        }
    }
    if (optind < argc) {
        (void)fprintf(stderr, "unitmesh run: %s: not a flag\n", argv[optind]);
        return 2;
    }
    return finish(s, rest);
}

int um_settings_parse(struct um_settings *s, int argc, char **argv)
{
    int rv = read_flags(s, argc, argv);

    if (rv == 2) {
        (void)fprintf(stderr, "unitmesh run --help tells more.\n");
    }
    return rv;
}
