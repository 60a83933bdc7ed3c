/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The folder is locked, so that no daemon starts meanwhile, and the store
 * opened to be read only. One whose daemon was killed has a journal that has to
 * be taken in first, as its daemon would: then it is opened to be written.
 */
#include "cli/verify.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mesh/app/settings.h"
#include "mesh/app/state.h"
#include "mesh/app/user.h"
#include "mesh/base/utf8.h"
#include "mesh/node/verify.h"
#include "p2p/err.h"

#define STORE_FILE "mesh.db"

struct options {
    char state[512];
    const char *name;
};

static int print_help(void)
{
    char state[512];

    um_settings_state(NULL, state, sizeof state);
    (void)printf(
        "usage: unitmesh verify [FLAGS]\n\n"
        "Looks at what a stopped node has on its disk: each row, each "
        "signature,\nand whether it all comes to a mesh again. What does not "
        "hold is named.\n\n"
        "  --state DIR          the folder of its " STORE_FILE
        "\n"
        "  --name NAME          of the daemon, when a host runs several\n"
        "  --help               this text\n"
        "\nWithout --state it looks at %s.\n",
        state);
    return 0;
}

static int wrong(const char *what, const char *why)
{
    (void)fprintf(stderr,
                  "unitmesh verify: %s: %s\n"
                  "unitmesh verify --help tells more.\n",
                  what, why);
    return 2;
}

/* 0; 1: help is wanted; 2: it was said what is wrong. */
static int read_flags(struct options *o, int argc, char **argv)
{
    static const struct option options[] = {
        {"state", required_argument, NULL, 's'},
        {"name", required_argument, NULL, 'n'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0}};
    int c;

    *o = (struct options){.name = NULL};
    while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        if (c == 'h') {
            return 1;
        }
        if (c == '?') {
            (void)fputs("unitmesh verify --help tells more.\n", stderr);
            return 2;
        }
        if (c == 'n') {
            o->name = optarg;
        } else if (strlen(optarg) < sizeof o->state) {
            memcpy(o->state, optarg, strlen(optarg) + 1);
        } else {
            return wrong("--state", "too long");
        }
    }
    if (optind < argc) {
        return wrong(argv[optind], "not a flag");
    }
    if (o->state[0] == '\0') {
        um_settings_state(o->name, o->state, sizeof o->state);
    }
    if (o->state[0] == '\0') {
        return wrong("--name", "there is no daemon of that name");
    }
    return 0;
}

/* Room for a line of what is wrong. */
#define LINE_BYTES 2048

/* What is damaged may be in the words that tell of it. */
static void tell(const char *begin, const char *line)
{
    char text[LINE_BYTES];

    (void)snprintf(text, sizeof text, "%s", line);
    um_utf8_harmless(text);
    (void)fprintf(stderr, "%s%s\n", begin, text);
}

static void say(void *user, const char *line)
{
    (void)user;
    tell("", line);
}

static void sink(void *user, enum um_log_level level, const char *line)
{
    (void)user;
    (void)level;
    (void)fprintf(stderr, "unitmesh verify: %s\n", line);
}

static int open_store(struct um_store *s, const char *path)
{
    int err = um_store_open(s, path, UM_STORE_READ);

    if (err != 0 && s->trouble == UM_STORE_READONLY) {
        err = um_store_open(s, path, UM_STORE_EXISTING);
    }
    if (err != 0) {
        tell("unitmesh verify: ", s->text);
    }
    return err;
}

/* What was looked at, and whether all of it holds. */
static void conclude(const struct um_verified *v, bool holds)
{
    char mesh[UM_NAME_TEXT_MAX] = "none";

    if (!um_name_none(&v->mesh)) {
        (void)um_name_text(&v->mesh, mesh);
    }
    (void)printf("mesh %s: %" PRIu64 " statements, %" PRIu64
                 " revisions, %" PRIu64 " facts, %" PRIu64 " aside, %" PRIu64
                 " documents of revisions, %" PRIu64 " rows: %s\n",
                 mesh, v->statements, v->revisions, v->facts, v->aside,
                 v->documents, v->rows,
                 holds ? "all holds" : "then something does not hold");
}

static int verify(const char *folder)
{
    static const struct um_store_ear ear = {NULL, say};
    struct um_verified found;
    struct um_store s;
    char path[sizeof((struct options *)0)->state + sizeof STORE_FILE + 1];
    int err;

    (void)snprintf(path, sizeof path, "%s/" STORE_FILE, folder);
    err = open_store(&s, path);
    if (err != 0) {
        return 1;
    }
    err = um_verify_store(&s, &ear, &found);
    if (err != 0 && err != P2P_EFORMAT) {
        (void)fprintf(stderr, "unitmesh verify: %s: %s\n", path,
                      p2p_err_text(err));
    } else {
        conclude(&found, err == 0);
    }
    um_store_close(&s);
    return err == 0 ? 0 : 1;
}

/* Root reads and writes as the one whose store it is: others may write to the
 * folder, and root opens what they put there for none of them. */
static void be_its_user(const struct um_state *state)
{
    struct um_user owner = {.name = ""};
    struct stat st;

    if (geteuid() == 0 && state->lock >= 0 && fstat(state->lock, &st) == 0) {
        owner.uid = st.st_uid;
        owner.gid = st.st_gid;
        um_user_files(&owner);
    }
}

int um_cli_verify(int argc, char **argv)
{
    static const struct um_log log = {.level = UM_LOG_WARN, .sink = sink};
    struct um_state state;
    struct options o;
    int rv = read_flags(&o, argc, argv);

    if (rv != 0) {
        return rv == 1 ? print_help() : rv;
    }
    if (um_state_look(&state, o.state, &log) != 0) {
        return 1;
    }
    be_its_user(&state);
    rv = verify(o.state);
    if (rv == 0) {
        um_state_note_verified(&state);
    }
    um_state_close(&state);
    return rv;
}
