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
#include <unistd.h>
#include <yyjson.h>

#include "cli/request.h"

/* What every command takes. */
struct options {
    char socket[512];
    const char *host; /* publish: the host to tell the others */
    bool json;
};

/* To whoever asked, or to whoever erred. */
static void usage(FILE *to, const char *name, const char *more)
{
    (void)fprintf(to, "usage: unitmesh %s [--control PATH] [-o text|json]%s\n",
                  name, more);
}

static int wrong(const char *name, const char *more)
{
    usage(stderr, name, more);
    return 2;
}

/* The socket of the daemon that runs as we do. */
static void default_socket(char *out, size_t cap)
{
    const char *xdg = getenv("XDG_STATE_HOME"), *home = getenv("HOME");

    if (geteuid() == 0 || home == NULL) {
        (void)snprintf(out, cap, "/run/unitmesh/control.sock");
    } else if (xdg != NULL) {
        (void)snprintf(out, cap, "%s/unitmesh/control.sock", xdg);
    } else {
        (void)snprintf(out, cap, "%s/.local/state/unitmesh/control.sock", home);
    }
}

enum { HELPED = -1 };

/* Reads the options; 0, HELPED, or 2. */
static int parse(struct options *o, int argc, char **argv, const char *more)
{
    static const struct option options[] = {
        {"control", required_argument, NULL, 'c'},
        {"output", required_argument, NULL, 'o'},
        {"host", required_argument, NULL, 'h'},
        {"help", no_argument, NULL, 'H'},
        {NULL, 0, NULL, 0},
    };
    int c;

    *o = (struct options){0};
    default_socket(o->socket, sizeof o->socket);
    while ((c = getopt_long(argc, argv, "o:", options, NULL)) != -1) {
        switch (c) {
            case 'c':
                (void)snprintf(o->socket, sizeof o->socket, "%s", optarg);
                break;
            case 'h':
                o->host = optarg;
                break;
            case 'o':
                o->json = strcmp(optarg, "json") == 0;
                if (!o->json && strcmp(optarg, "text") != 0) {
                    return wrong(argv[0], more);
                }
                break;
            case 'H':
                usage(stdout, argv[0], more);
                return HELPED;
            default:
                return wrong(argv[0], more);
        }
    }
    return optind == argc ? 0 : wrong(argv[0], more);
}

static const char *text(yyjson_val *obj, const char *key)
{
    const char *s = yyjson_get_str(yyjson_obj_get(obj, key));

    return s != NULL ? s : "";
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
    struct options o;
    yyjson_doc *doc;
    yyjson_val *root, *unit;
    int code = parse(&o, argc, argv, "");

    if (code != 0) {
        return code == HELPED ? 0 : code;
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
    (void)printf("applied    %lu, refused %lu, failed %lu\n",
                 (unsigned long)number(unit, "applied"),
                 (unsigned long)number(unit, "refused"),
                 (unsigned long)number(unit, "failed"));
    (void)printf("up         ");
    show_duration(number(root, "uptime_s"));
    (void)putchar('\n');
    show_addrs(root);
    yyjson_doc_free(doc);
    return code;
}

int um_cli_peers(int argc, char **argv)
{
    struct options o;
    yyjson_doc *doc;
    yyjson_val *nodes, *p;
    size_t i, n;
    int code = parse(&o, argc, argv, "");

    if (code != 0) {
        return code == HELPED ? 0 : code;
    }
    doc = ask(&o, "/mesh/nodes", &code);
    if (doc == NULL) {
        return code;
    }
    nodes = yyjson_obj_get(yyjson_doc_get_root(doc), "nodes");
    (void)printf("%-53s %-9s %-32s %-24s %s\n", "PEER", "STATE", "ADDRESS",
                 "AGENT", "MUXER");
    yyjson_arr_foreach(nodes, i, n, p)
    {
        bool up = yyjson_get_bool(yyjson_obj_get(p, "connected"));

        (void)printf("%-53s %-9s %-32s %-24s %s\n", text(p, "id"),
                     up ? "connected" : "gone", text(p, "addr"),
                     text(p, "agent"), text(p, "muxer"));
    }
    yyjson_doc_free(doc);
    return code;
}

int um_cli_id(int argc, char **argv)
{
    struct options o;
    yyjson_doc *doc;
    int code = parse(&o, argc, argv, "");

    if (code != 0) {
        return code == HELPED ? 0 : code;
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
    static const char more[] = " [--host HOST]";
    struct options o;
    struct um_request r = {.method = "POST", .path = "/config"};
    int code = parse(&o, argc, argv, more);

    if (code != 0) {
        return code == HELPED ? 0 : code;
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
