/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * unit-standin: the stand-in as a program of its own, for tests and demos. It
 * says what it is, prints one line of JSON when it is ready, and runs until
 * SIGTERM or SIGINT. On standard input it takes commands, one a line: `fault
 * NAME[=VALUE]`, `restart plain|default|empty`, `quit`.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mesh/standin/faults.h"
#include "mesh/standin/uv.h"
#include "p2p/err.h"
#include "p2p/hash.h"

enum { EXIT_USAGE = 2, LINE_MAX_BYTES = 1024 };

static const char usage[] =
    "usage: unit-standin --control unix:PATH|ADDR:PORT --state DIR [options]\n"
    "\n"
    "Pretends to be NGINX Unit: its control API, and of its data plane "
    "return,\n"
    "share and routes. It runs no applications.\n"
    "\n"
    "  --control ADDR     where the control API listens; port 0: any\n"
    "  --state DIR        conf.json, certs and scripts are kept there\n"
    "  --any ADDR         listeners at *:PORT open there, not everywhere\n"
    "  --flavour NAME     unit (1.35.0, default) or freeunit (1.36.0)\n"
    "  --modules FILE     language modules it pretends to have, in the form\n"
    "                     of /status/modules\n"
    "  --njs              as if built with njs\n"
    "  --root DIR         absolute paths of configurations begin there\n"
    "  --fault NAME[=V]   a failure on request; --fault help lists them\n"
    "  --quiet            do not say that it is a stand-in\n"
    "  --tell             print a line for each request that could change\n"
    "                     something: method, path, SHA-256 of the body\n"
    "  --help\n";

struct program {
    uv_loop_t loop;
    uv_signal_t term;
    uv_signal_t intr;
    uv_pipe_t input;
    bool input_open;
    struct um_standin_uv *u;
    char line[LINE_MAX_BYTES];
    size_t line_len;
    char read_room[LINE_MAX_BYTES];
};

struct options {
    struct um_standin_uv_cfg cfg;
    const char *modules_file;
    bool quiet;
};

static void stop(struct program *p)
{
    if (p->u != NULL)
        um_standin_uv_close(p->u, NULL, NULL);
    p->u = NULL;
    uv_signal_stop(&p->term);
    uv_close((uv_handle_t *)&p->term, NULL);
    uv_signal_stop(&p->intr);
    uv_close((uv_handle_t *)&p->intr, NULL);
    if (p->input_open && !uv_is_closing((uv_handle_t *)&p->input))
        uv_close((uv_handle_t *)&p->input, NULL);
}

static void on_signal(uv_signal_t *handle, int signum)
{
    struct program *p = handle->data;

    (void)signum;
    if (p->u != NULL)
        stop(p);
}

static int restart(struct program *p, const char *how)
{
    static const char *const names[] = {"plain", "default", "empty"};

    for (int i = 0; i < 3; i++) {
        if (strcmp(how, names[i]) == 0) {
            um_standin_uv_restart(p->u, (enum um_standin_restart)i);
            return 0;
        }
    }
    return P2P_EINVAL;
}

static void run_command(struct program *p, const char *line)
{
    struct um_standin *s = um_standin_uv_core(p->u);
    int rc = P2P_EINVAL;

    if (strncmp(line, "fault ", 6) == 0)
        rc = um_sfaults_set(um_standin_faults(s), line + 6);
    else if (strncmp(line, "restart ", 8) == 0)
        rc = restart(p, line + 8);
    if (strcmp(line, "quit") == 0) {
        stop(p);
        return;
    }
    printf("{\"type\":\"reply\",\"ok\":%s}\n", rc == 0 ? "true" : "false");
    fflush(stdout);
}

static void take_input(struct program *p, const char *bytes, size_t n)
{
    for (size_t i = 0; i < n && p->u != NULL; i++) {
        if (bytes[i] != '\n' && p->line_len + 1 < sizeof(p->line)) {
            p->line[p->line_len++] = bytes[i];
            continue;
        }
        p->line[p->line_len] = '\0';
        p->line_len = 0;
        run_command(p, p->line);
    }
}

static void on_input_alloc(uv_handle_t *handle, size_t hint, uv_buf_t *buf)
{
    struct program *p = handle->data;

    (void)hint;
    *buf = uv_buf_init(p->read_room, sizeof(p->read_room));
}

static void on_input(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct program *p = stream->data;

    if (n > 0)
        take_input(p, buf->base, (size_t)n);
    else if (n < 0 && !uv_is_closing((uv_handle_t *)stream))
        uv_close((uv_handle_t *)stream, NULL);
}

/* Commands come from a pipe; a terminal or a file is left alone. */
static void open_input(struct program *p)
{
    if (uv_guess_handle(0) != UV_NAMED_PIPE)
        return;
    uv_pipe_init(&p->loop, &p->input, 0);
    p->input.data = p;
    p->input_open = true;
    if (uv_pipe_open(&p->input, 0) != 0 ||
        uv_read_start((uv_stream_t *)&p->input, on_input_alloc, on_input) != 0)
        uv_close((uv_handle_t *)&p->input, NULL);
}

static char *read_file(const char *path)
{
    FILE *f = fopen(path, "r");
    char *text = calloc(1, 65536);

    if (f == NULL || text == NULL || fread(text, 1, 65535, f) == 0) {
        fprintf(stderr, "unit-standin: %s: %s\n", path, strerror(errno));
        free(text);
        text = NULL;
    }
    if (f != NULL)
        fclose(f);
    return text;
}

static int set_flavour(struct options *o, const char *name)
{
    if (strcmp(name, "unit") == 0)
        o->cfg.flavour = UM_STANDIN_UNIT;
    else if (strcmp(name, "freeunit") == 0)
        o->cfg.flavour = UM_STANDIN_FREEUNIT;
    else
        return -1;
    return 0;
}

static int set_fault(struct options *o, const char *text)
{
    if (strcmp(text, "help") == 0) {
        fputs(um_sfaults_help(), stdout);
        exit(0);
    }
    return um_sfaults_set(&o->cfg.faults, text);
}

/* Paths of requests have no quotes and no backslashes that would matter here:
 * what is no plain character is a dot. */
static void on_asked(void *user, const char *method, struct um_str path,
                     struct um_str body)
{
    uint8_t hash[P2P_SHA256_BYTES];

    (void)user;
    p2p_sha256(body.p, body.len, hash);
    printf("{\"type\":\"asked\",\"method\":\"%s\",\"path\":\"", method);
    for (size_t i = 0; i < path.len; i++) {
        char ch = path.p[i];

        putchar(ch < ' ' || ch > '~' || ch == '"' || ch == '\\' ? '.' : ch);
    }
    printf("\",\"sha256\":\"");
    for (size_t i = 0; i < sizeof(hash); i++)
        printf("%02x", hash[i]);
    printf("\"}\n");
    fflush(stdout);
}

static int set_option(struct options *o, int option, const char *value)
{
    switch (option) {
        case 'c':
            o->cfg.control = value;
            return 0;
        case 's':
            o->cfg.state = value;
            return 0;
        case 'f':
            return set_flavour(o, value);
        case 'm':
            o->modules_file = value;
            return 0;
        case 'a':
            o->cfg.any = value;
            return 0;
        case 'n':
            o->cfg.njs = true;
            return 0;
        case 'r':
            o->cfg.root = value;
            return 0;
        case 'F':
            return set_fault(o, value);
        case 'q':
            o->quiet = true;
            return 0;
        case 't':
            o->cfg.asked = on_asked;
            return 0;
        case 'h':
            fputs(usage, stdout);
            exit(0);
        default:
            return -1;
    }
}

static int parse_options(struct options *o, int argc, char **argv)
{
    static const struct option names[] = {
        {"control", required_argument, NULL, 'c'},
        {"state", required_argument, NULL, 's'},
        {"any", required_argument, NULL, 'a'},
        {"flavour", required_argument, NULL, 'f'},
        {"modules", required_argument, NULL, 'm'},
        {"njs", no_argument, NULL, 'n'},
        {"root", required_argument, NULL, 'r'},
        {"fault", required_argument, NULL, 'F'},
        {"quiet", no_argument, NULL, 'q'},
        {"tell", no_argument, NULL, 't'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int option;

    while ((option = getopt_long(argc, argv, "", names, NULL)) != -1) {
        if (set_option(o, option, optarg) != 0)
            return -1;
    }
    return o->cfg.control == NULL || o->cfg.state == NULL || optind < argc ? -1
                                                                           : 0;
}

static void say_ready(const struct program *p, const struct options *o)
{
    if (!o->quiet)
        fprintf(stderr,
                "unit-standin: a stand-in for NGINX Unit, not Unit itself: it "
                "runs no applications\n");
    printf(
        "{\"type\":\"ready\",\"standin\":true,\"flavour\":\"%s\","
        "\"control\":\"%s\",\"pid\":%d}\n",
        o->cfg.flavour == UM_STANDIN_FREEUNIT ? "freeunit" : "unit",
        um_standin_uv_control(p->u), (int)uv_os_getpid());
    fflush(stdout);
}

static void on_signal_start(struct program *p, uv_signal_t *h, int signum)
{
    uv_signal_init(&p->loop, h);
    h->data = p;
    uv_signal_start(h, on_signal, signum);
}

static int run(struct program *p, const struct options *o)
{
    int rc;

    uv_loop_init(&p->loop);
    rc = um_standin_uv_new(&p->loop, &o->cfg, &p->u);
    if (rc == 0) {
        on_signal_start(p, &p->term, SIGTERM);
        on_signal_start(p, &p->intr, SIGINT);
        open_input(p);
        say_ready(p, o);
    } else {
        fprintf(stderr, "unit-standin: cannot start: error %d\n", rc);
    }
    uv_run(&p->loop, UV_RUN_DEFAULT);
    uv_loop_close(&p->loop);
    return rc == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
    struct program *p = calloc(1, sizeof(*p));
    struct options o = {.quiet = false};
    char *modules = NULL;
    int rc;

    if (p == NULL || parse_options(&o, argc, argv) != 0) {
        fputs(usage, stderr);
        free(p);
        return EXIT_USAGE;
    }
    if (o.modules_file != NULL) {
        modules = read_file(o.modules_file);
        if (modules == NULL) {
            free(p);
            return 1;
        }
    }
    o.cfg.modules_json = modules;
    /* a peer that is gone is an error of write, no reason to die */
    signal(SIGPIPE, SIG_IGN);
    rc = run(p, &o);
    free(modules);
    free(p);
    return rc;
}
