/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The recovery key, which is on paper: it is read here, what it says is signed
 * here, and the daemon is given the statement, never the key.
 */
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include <yyjson.h>

#include "cli/body.h"
#include "cli/owner.h"
#include "cli/path.h"
#include "mesh/trust/peer.h"
#include "mesh/trust/statement.h"
#include "p2p/err.h"

/* A line of a code with its spaces; what is longer is none. */
#define LINE_BYTES 512

/* Reads a line; on a terminal nothing of it is shown. */
static bool read_line(char line[LINE_BYTES])
{
    struct termios shown, hidden;
    bool terminal = tcgetattr(STDIN_FILENO, &shown) == 0;
    bool got;

    if (terminal) {
        hidden = shown;
        hidden.c_lflag &= ~(tcflag_t)ECHO;
        (void)fputs("The recovery key: ", stderr);
        (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
    }
    got = fgets(line, LINE_BYTES, stdin) != NULL;
    if (terminal) {
        (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
        (void)fputc('\n', stderr);
    }
    return got;
}

static int say_wrong(const struct um_bech32_error *e)
{
    if (e->at != SIZE_MAX) {
        (void)fprintf(stderr,
                      "unitmesh: this is no recovery key: look at character "
                      "%zu\n",
                      e->at + 1);
    } else {
        (void)fputs(
            "unitmesh: this is no recovery key, or several characters "
            "of it are wrong\n",
            stderr);
    }
    return UM_EXIT_ERROR;
}

int um_cli_paper(const struct um_cli *c, struct p2p_key **out)
{
    uint8_t seed[UM_CODE_SEED_BYTES];
    struct um_bech32_error error;
    char line[LINE_BYTES];
    int rv = UM_EXIT_DONE;

    *out = NULL;
    if (!read_line(line)) {
        return um_cli_wrong(c, "the recovery key is missing",
                            "it is read from standard input");
    }
    line[strcspn(line, "\r\n")] = '\0';
    if (um_code_get_seed(um_str(line), seed, &error) != 0) {
        rv = say_wrong(&error);
    } else if (p2p_key_from_seed(seed, out) != 0) {
        rv = UM_EXIT_ERROR;
    }
    explicit_bzero(line, sizeof line);
    explicit_bzero(seed, sizeof seed);
    return rv;
}

/* A mesh, as `status` shows it. */
struct mesh {
    struct um_name id;
    char recovery[UM_CLI_TEXT];
};

static bool read_hex(const char *text, struct um_name *out)
{
    unsigned byte;

    if (strlen(text) != 2 * sizeof out->b) {
        return false;
    }
    for (size_t i = 0; i < sizeof out->b; i++) {
        if (sscanf(text + 2 * i, "%2x", &byte) != 1) {
            return false;
        }
        out->b[i] = (uint8_t)byte;
    }
    return true;
}

/* Which mesh it is about; an exit code after it was said what is wrong. */
static int ask_mesh(const struct um_cli *c, struct mesh *out)
{
    char text[UM_CLI_TEXT];
    int code;
    yyjson_doc *doc = um_cli_value(c, "/mesh/status", &code);
    yyjson_val *mesh = yyjson_obj_get(yyjson_doc_get_root(doc), "mesh");

    if (doc != NULL) {
        (void)um_cli_text(mesh, "recovery", out->recovery);
        if (!read_hex(um_cli_text(mesh, "id", text), &out->id)) {
            (void)fputs("unitmesh: this node is in no mesh\n", stderr);
            code = UM_EXIT_ERROR;
        }
    }
    yyjson_doc_free(doc);
    return code;
}

/* Whether a key is the mesh's recovery key; else that is said. */
static bool is_right(const struct p2p_key *key, const struct mesh *m)
{
    char id[P2P_PEER_ID_TEXT_MAX];
    struct p2p_peer_id peer;
    struct um_name name;

    if (um_item_signer(key, &name) == 0) {
        um_peer_of(&name, &peer);
        if (strcmp(p2p_peer_id_text(&peer, id), m->recovery) == 0) {
            return true;
        }
    }
    (void)fputs("unitmesh: this is a recovery key, but not this mesh's\n",
                stderr);
    return false;
}

static uint64_t now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_REALTIME, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* Signs a statement and gives it to the daemon. */
static int say(const struct um_cli *c, const struct mesh *m,
               const struct p2p_key *key, struct um_statement *s)
{
    struct um_buf envelope = UM_BUF_INIT;
    int rv = UM_EXIT_ERROR, err;

    s->mesh = m->id;
    s->wall_ms = now_ms();
    err = um_statement_seal(s, key, &envelope);
    if (err != 0) {
        (void)fprintf(stderr, "unitmesh: it cannot be signed: %s\n",
                      p2p_err_text(err));
    } else {
        rv = um_cli_owner_carry(c, um_buf_view(&envelope));
    }
    um_buf_fini(&envelope);
    return rv;
}

/* The mesh knows from now on that the paper can be read. */
static int check(const struct um_cli *c, const struct mesh *m,
                 const struct p2p_key *key)
{
    struct um_statement s = {.what = UM_SET,
                             .name = UM_STR("recovery-checked"),
                             .value = UM_STR("true"),
                             .seq = now_ms()};
    int rv = say(c, m, key, &s);

    if (rv == UM_EXIT_DONE) {
        (void)puts("This is the recovery key of this mesh.");
    }
    return rv;
}

/* Who is to be the root: --to, or a key that the daemon makes. */
static int find_root(const struct um_cli *c, struct um_name *out)
{
    struct um_request r = {
        .method = "POST", .path = "/mesh/owner-key", .body = UM_STR("{}")};
    const char *to = um_cli_opt(c, UM_OPT_TO);
    char id[UM_CLI_TEXT];
    struct p2p_peer_id peer;
    yyjson_doc *doc;
    int code = UM_EXIT_DONE;

    if (to == NULL) {
        doc = um_cli_ask(c, &r, &code);
        (void)um_cli_text(yyjson_doc_get_root(doc), "id", id);
        yyjson_doc_free(doc);
        if (doc == NULL) {
            return code;
        }
        to = id;
    }
    if (p2p_peer_id_from_text(to, strlen(to), &peer) != 0 ||
        um_peer_member(&peer, out) != 0) {
        return um_cli_wrong(c, to, "must be a peer id");
    }
    return code;
}

static int make_root(const struct um_cli *c, const struct mesh *m,
                     const struct p2p_key *key)
{
    struct um_statement s = {.what = UM_GRANT, .roles = UM_OWNER | UM_ROOT};
    char id[P2P_PEER_ID_TEXT_MAX];
    struct p2p_peer_id peer;
    int rv = find_root(c, &s.key);

    if (rv == UM_EXIT_DONE) {
        rv = say(c, m, key, &s);
    }
    if (rv == UM_EXIT_DONE) {
        um_peer_of(&s.key, &peer);
        (void)printf(
            "%s is the root of this mesh now%s.\n\n"
            "The key that was lost is one still. To take that from "
            "it:\n\n"
            "    unitmesh members rm MEMBER --to-sign FILE\n"
            "    unitmesh owner sign --recovery FILE > SIGNED\n"
            "    unitmesh owner carry SIGNED\n",
            p2p_peer_id_text(&peer, id),
            um_cli_opt(c, UM_OPT_TO) == NULL
                ? ", and its key owner.key on this node"
                : "");
    }
    return rv;
}

int um_cli_recover(struct um_cli *c)
{
    struct p2p_key *key = NULL;
    struct mesh m;
    int rv = ask_mesh(c, &m);

    if (rv == UM_EXIT_DONE) {
        rv = um_cli_paper(c, &key);
    }
    if (rv == UM_EXIT_DONE && !is_right(key, &m)) {
        rv = UM_EXIT_ERROR;
    }
    if (rv == UM_EXIT_DONE) {
        rv = um_cli_opt(c, UM_OPT_CHECK) != NULL ? check(c, &m, key)
                                                 : make_root(c, &m, key);
    }
    p2p_key_free(key);
    return rv;
}
