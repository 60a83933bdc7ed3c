/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * One request a command. Answers are shown as text for people, or as the
 * daemon's JSON with `-o json`. Exit codes: 0 done, 1 error, 2 usage.
 */
#include "cli/cli.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yyjson.h>

#include "cli/request.h"
#include "mesh/app/settings.h"
#include "mesh/base/utf8.h"

/* What every command takes. */
struct options {
    char socket[512];
    const char *name; /* of the daemon, when a host runs several */
    const char *host; /* publish: the host to tell the others */
    bool json;
};

/* One table of flags: it parses, and it makes the help. */
static const struct {
    const char *name;
    int flag;
    const char *arg; /* NULL: none */
    const char *text;
} flags[] = {
    {"control", 'c', "PATH", "the daemon's REST socket"},
    {"name", 'n', "NAME", "of the daemon, when a host runs several"},
    {"output", 'o', "FORMAT", "text or json; -o is short for it"},
    {"host", 'H', "HOST", "what the others fetch from, and nothing else"},
    {"help", 'h', NULL, "this text"},
};

#define N_FLAGS (sizeof flags / sizeof flags[0])

/* A command as its help tells it. */
struct command {
    const char *name;
    const char *text;
    bool publish; /* it takes --host */
};

/* Whether a command takes a flag. */
static bool takes(const struct command *c, int flag)
{
    return flag == 'H' ? c->publish : flag != 'o' || !c->publish;
}

static int print_help(const struct command *cmd)
{
    struct options o;

    um_settings_socket(NULL, o.socket, sizeof o.socket);
    (void)printf("usage: unitmesh %s [FLAGS]\n\n%s\n\n", cmd->name, cmd->text);
    for (size_t i = 0; i < N_FLAGS; i++) {
        char left[48];

        (void)snprintf(left, sizeof left, "--%s%s%s", flags[i].name,
                       flags[i].arg != NULL ? " " : "",
                       flags[i].arg != NULL ? flags[i].arg : "");
        if (takes(cmd, flags[i].flag)) {
            (void)printf("  %-20s %s\n", left, flags[i].text);
        }
    }
    (void)printf("\nWithout --control it asks at %s.\n", o.socket);
    return 1;
}

static int wrong(const struct command *cmd, const char *what, const char *why)
{
    (void)fprintf(stderr, "unitmesh %s: %s: %s\n", cmd->name, what, why);
    return 2;
}

static int set(struct options *o, const struct command *cmd, int flag,
               const char *v)
{
    switch (flag) {
        case 'c':
            if (strlen(v) >= sizeof o->socket) {
                return wrong(cmd, "--control", "too long");
            }
            memcpy(o->socket, v, strlen(v) + 1);
            return 0;
        case 'n':
            o->name = v;
            return 0;
        case 'H':
            o->host = v;
            return 0;
        default:
            o->json = strcmp(v, "json") == 0;
            return o->json || strcmp(v, "text") == 0
                       ? 0
                       : wrong(cmd, v, "-o must be text or json");
    }
}

/* Reads the flags; 0, 1 when help was printed, or 2 when it was said what is
 * wrong. */
static int read_flags(struct options *o, const struct command *cmd, int argc,
                      char **argv)
{
    struct option options[N_FLAGS + 1] = {{0}};
    int c, rv = 0;

    for (size_t i = 0; i < N_FLAGS; i++) {
        options[i] = (struct option){
            .name = flags[i].name,
            .has_arg = flags[i].arg != NULL ? required_argument : no_argument,
            .val = flags[i].flag};
    }
    *o = (struct options){0};
    while (rv == 0 &&
           (c = getopt_long(argc, argv, "ho:", options, NULL)) != -1) {
        if (c == 'h') {
            return print_help(cmd);
        }
        if (c == '?') {
            return 2;
        }
        rv = takes(cmd, c) ? set(o, cmd, c, optarg)
                           : wrong(cmd, optarg, "it takes no such flag");
    }
    if (rv == 0 && optind < argc) {
        rv = wrong(cmd, argv[optind], "not a flag");
    }
    if (o->socket[0] == '\0') {
        um_settings_socket(o->name, o->socket, sizeof o->socket);
    }
    return rv;
}

static int parse(struct options *o, const struct command *cmd, int argc,
                 char **argv)
{
    int rv = read_flags(o, cmd, argc, argv);

    if (rv == 2) {
        (void)fprintf(stderr, "unitmesh %s --help tells more.\n", cmd->name);
    }
    return rv;
}

static const char *text(yyjson_val *obj, const char *key)
{
    const char *s = yyjson_get_str(yyjson_obj_get(obj, key));

    return s != NULL ? s : "";
}

/* The same for a terminal: peers choose some of these texts. */
static const char *shown(yyjson_val *obj, const char *key, char *buf,
                         size_t cap)
{
    (void)snprintf(buf, cap, "%s", text(obj, key));
    um_utf8_harmless(buf);
    return buf;
}

static uint64_t number(yyjson_val *obj, const char *key)
{
    return yyjson_get_uint(yyjson_obj_get(obj, key));
}

/* The daemon's answer as a document, or NULL after it said why not. */
static yyjson_doc *ask(const struct options *o, const char *path, int *code)
{
    struct um_request r = {.method = "GET", .path = path};
    yyjson_doc *doc = NULL;

    *code = 1;
    if (um_request_run(o->socket, &r) == 0) {
        if (r.status == 200 && o->json) {
            (void)fwrite(r.body, 1, r.len, stdout);
            *code = 0;
        } else if (r.status == 200) {
            doc = yyjson_read(r.body, r.len, 0);
            *code = doc != NULL ? 0 : 1;
            if (doc == NULL) {
                (void)fputs("unitmesh: the daemon's answer is no JSON\n",
                            stderr);
            }
        } else {
            (void)fprintf(stderr, "unitmesh: %s", r.body);
        }
    }
    um_request_free(&r);
    return doc;
}

static void show_duration(uint64_t s)
{
    (void)printf("%lud %02lu:%02lu:%02lu", (unsigned long)(s / 86400),
                 (unsigned long)(s / 3600 % 24), (unsigned long)(s / 60 % 60),
                 (unsigned long)(s % 60));
}

static void show_addrs(yyjson_val *root)
{
    yyjson_val *addrs = yyjson_obj_get(root, "addrs"), *a;
    size_t i, n;

    yyjson_arr_foreach(addrs, i, n, a)
    {
        (void)printf("%-10s %s\n", i == 0 ? "addresses" : "",
                     yyjson_get_str(a));
    }
}

int um_cli_status(int argc, char **argv)
{
    static const struct command cmd = {
        .name = "status",
        .text =
            "What this node is and does: its mode, its Unit, its addresses."};
    struct options o;
    yyjson_doc *doc;
    yyjson_val *root, *unit;
    int code = parse(&o, &cmd, argc, argv);

    if (code != 0) {
        return code == 1 ? 0 : code;
    }
    doc = ask(&o, "/mesh/status", &code);
    if (doc == NULL) {
        return code;
    }
    root = yyjson_doc_get_root(doc);
    unit = yyjson_obj_get(root, "unit");
    (void)printf("node       %s\n", text(root, "id"));
    (void)printf("mode       %s\n", text(root, "mode"));
    (void)printf("peers      %lu connected\n",
                 (unsigned long)number(root, "peers_connected"));
    (void)printf(
        "unit       %s%s\n",
        text(unit, "target")[0] != '\0' ? text(unit, "target") : "none",
        yyjson_get_bool(yyjson_obj_get(unit, "stand_in")) ? " (a stand-in)"
                                                          : "");
    if (yyjson_obj_get(unit, "applied") != NULL) {
        (void)printf("applied    %lu, refused %lu, failed %lu\n",
                     (unsigned long)number(unit, "applied"),
                     (unsigned long)number(unit, "refused"),
                     (unsigned long)number(unit, "failed"));
    }
    (void)printf("up         ");
    show_duration(number(root, "uptime_s"));
    (void)putchar('\n');
    show_addrs(root);
    if (text(root, "same_key_at")[0] != '\0') {
        (void)printf("WARNING    the node at %s has this one's key\n",
                     text(root, "same_key_at"));
    }
    yyjson_doc_free(doc);
    return code;
}

int um_cli_peers(int argc, char **argv)
{
    static const struct command cmd = {
        .name = "peers",
        .text = "The nodes that it knows, those that are connected first."};
    struct options o;
    yyjson_doc *doc;
    yyjson_val *nodes, *p;
    char agent[160];
    size_t i, n;
    int code = parse(&o, &cmd, argc, argv);

    if (code != 0) {
        return code == 1 ? 0 : code;
    }
    doc = ask(&o, "/mesh/peers", &code);
    if (doc == NULL) {
        return code;
    }
    nodes = yyjson_obj_get(yyjson_doc_get_root(doc), "peers");
    (void)printf("%-53s %-9s %-32s %-24s %s\n", "PEER", "STATE", "ADDRESS",
                 "AGENT", "MUXER");
    yyjson_arr_foreach(nodes, i, n, p)
    {
        bool up = yyjson_get_bool(yyjson_obj_get(p, "connected"));

        (void)printf("%-53s %-9s %-32s %-24s %s\n", text(p, "id"),
                     up ? "connected" : "gone", text(p, "addr"),
                     shown(p, "agent", agent, sizeof agent), text(p, "muxer"));
    }
    yyjson_doc_free(doc);
    return code;
}

int um_cli_id(int argc, char **argv)
{
    static const struct command cmd = {
        .name = "id",
        .text =
            "This node's identity and the addresses where it can be reached."};
    struct options o;
    yyjson_doc *doc;
    int code = parse(&o, &cmd, argc, argv);

    if (code != 0) {
        return code == 1 ? 0 : code;
    }
    doc = ask(&o, "/mesh/id", &code);
    if (doc == NULL) {
        return code;
    }
    (void)puts(text(yyjson_doc_get_root(doc), "id"));
    show_addrs(yyjson_doc_get_root(doc));
    yyjson_doc_free(doc);
    return code;
}

int um_cli_publish(int argc, char **argv)
{
    static const struct command cmd = {
        .name = "publish",
        .text =
            "Tells all other nodes to fetch this node's configuration; it "
            "runs with --article.",
        .publish = true};
    struct options o;
    struct um_request r = {.method = "POST", .path = "/config"};
    int code = parse(&o, &cmd, argc, argv);

    if (code != 0) {
        return code == 1 ? 0 : code;
    }
    r.host = o.host;
    code = 1;
    if (um_request_run(o.socket, &r) == 0) {
        code = r.status == 200 ? 0 : 1;
        (void)fprintf(code == 0 ? stdout : stderr, "%s%s", r.body,
                      code == 0 ? "\n" : "");
    }
    um_request_free(&r);
    return code;
}
