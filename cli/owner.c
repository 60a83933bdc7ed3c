/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * An owner's key need not be on a node. There a command is called with
 * --to-sign, which writes a file; `owner sign` shows in words what is in it and
 * signs it where the key is; `owner carry` gives it to a node.
 */
#include "cli/owner.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <yyjson.h>

#include "cli/body.h"
#include "cli/path.h"
#include "cli/sealed.h"
#include "mesh/app/keyfile.h"
#include "mesh/base/utf8.h"
#include "mesh/trust/carry.h"
#include "mesh/trust/peer.h"
#include "mesh/trust/statement.h"
#include "p2p/err.h"

/* ---- on a node */

static int write_file(const char *path, const void *bytes, size_t len)
{
    FILE *f = fopen(path, "wb");
    bool fine = f != NULL && fwrite(bytes, 1, len, f) == len;

    fine = f != NULL && fclose(f) == 0 && fine;
    if (!fine) {
        (void)fprintf(stderr, "unitmesh: %s: %s\n", path, strerror(errno));
    }
    return fine ? UM_EXIT_DONE : UM_EXIT_ERROR;
}

yyjson_doc *um_cli_owner_ask(const struct um_cli *c, struct um_request *r,
                             struct um_buf *path, int *code)
{
    const char *file = um_cli_opt(c, UM_OPT_TO_SIGN);

    if (file != NULL) {
        um_cli_path_query(path, "unsigned", NULL);
    }
    r->path = um_cli_path_end(path);
    if (file == NULL) {
        return um_cli_ask(c, r, code);
    }
    *code = r->path != NULL ? um_cli_send(c, r) : UM_EXIT_ERROR;
    if (*code == UM_EXIT_DONE && r->len > 0 && r->answer[0] != '{') {
        *code = write_file(file, r->answer, r->len);
        if (*code == UM_EXIT_DONE) {
            (void)printf(
                "Nothing is changed yet. Where the owner's key is:\n\n"
                "    unitmesh owner sign --key owner.key %s > "
                "%s.signed\n\n"
                "and on any node:\n\n"
                "    unitmesh owner carry %s.signed\n",
                file, file, file);
        }
    } else if (*code == UM_EXIT_DONE) {
        (void)puts("There is nothing to sign: it is so already.");
    }
    um_request_free(r);
    return NULL;
}

int um_cli_owner_carry(const struct um_cli *c, struct um_str envelope)
{
    struct um_request r = {
        .method = "POST", .path = "/mesh/statements", .body = envelope};
    int rv = um_cli_send(c, &r);
    yyjson_doc *doc =
        rv == UM_EXIT_DONE ? yyjson_read(r.answer, r.len, 0) : NULL;

    um_cli_sealed(yyjson_obj_get(yyjson_doc_get_root(doc), "sealed_anew"));
    if (yyjson_is_false(yyjson_obj_get(yyjson_doc_get_root(doc), "counts"))) {
        (void)fputs(
            "unitmesh: the mesh has it, but it has no effect: who "
            "signed it may not\n  say this of that key, or what it "
            "gives was taken from it for good\n",
            stderr);
        rv = UM_EXIT_ERROR;
    }
    yyjson_doc_free(doc);
    um_request_free(&r);
    return rv;
}

/* ---- files */

static int say_no_file(const char *path)
{
    (void)fprintf(
        stderr, "unitmesh: %s: no statements to be signed or carried\n", path);
    return UM_EXIT_ERROR;
}

/* Reads a file of statements; an exit code after it was said what is wrong.
 * @param bytes what the list borrows */
static int read_carry(const char *path, struct um_buf *bytes,
                      enum um_carry *what, struct um_str *list)
{
    int rv = um_cli_file(path, bytes);

    if (rv == UM_EXIT_DONE &&
        um_carry_read(um_buf_view(bytes), what, list) != 0) {
        rv = say_no_file(path);
    }
    return rv;
}

/* Reads a statement of a file, signed or not. */
static int read_one(struct um_str bytes, enum um_carry what,
                    struct um_statement *out)
{
    struct um_item it;
    int err;

    if (what == UM_CARRY_SIGNED) {
        return um_statement_open(bytes, out);
    }
    err = um_item_read(bytes, UM_STATEMENT, &it);
    return err != 0 ? err : um_statement_decode(&it, out);
}

/* ---- in words */

static const char *id_of(const struct um_name *key,
                         char out[P2P_PEER_ID_TEXT_MAX])
{
    struct p2p_peer_id peer;

    um_peer_of(key, &peer);
    return p2p_peer_id_text(&peer, out);
}

static const char *roles_of(unsigned roles, char out[64])
{
    (void)snprintf(out, 64, "%s%s%s%s", (roles & UM_ROOT) != 0 ? " root" : "",
                   (roles & UM_OWNER) != 0 ? " owner" : "",
                   (roles & UM_WRITER) != 0 ? " writer" : "",
                   (roles & UM_NODE) != 0 ? " node" : "");
    return out;
}

/* A text of a statement, harmless. */
static const char *text_of(struct um_str s, char out[UM_CLI_TEXT])
{
    (void)snprintf(out, UM_CLI_TEXT, "%.*s", UM_STR_ARG(s));
    um_utf8_harmless(out);
    return out;
}

static void show_set(FILE *f, const struct um_statement *s)
{
    char id[P2P_PEER_ID_TEXT_MAX], name[UM_CLI_TEXT], value[UM_CLI_TEXT];
    bool label = !um_name_none(&s->key);

    (void)fprintf(f, "%s the %s %s%s%s%s%s\n",
                  s->value.len > 0 ? "sets" : "takes away",
                  label ? "label" : "setting", text_of(s->name, name),
                  s->value.len > 0 ? " to " : "", text_of(s->value, value),
                  label ? " of " : "", label ? id_of(&s->key, id) : "");
}

static void show_void(FILE *f, const struct um_statement *s)
{
    char hex[UM_NAME_TEXT_MAX];

    (void)fputs("makes void", f);
    for (size_t i = 0; i < s->ids.n; i++) {
        (void)fprintf(f, " %.16s", um_name_text(&s->ids.p[i], hex));
    }
    (void)fputc('\n', f);
}

/* A line about a statement, and its message. */
static void show(FILE *f, const struct um_statement *s)
{
    char id[P2P_PEER_ID_TEXT_MAX], roles[64], message[UM_CLI_TEXT];

    switch (s->what) {
        case UM_GENESIS:
            (void)fputs("begins a mesh\n", f);
            break;
        case UM_GRANT:
            (void)fprintf(f, "gives %s:%s\n", id_of(&s->key, id),
                          roles_of(s->roles, roles));
            break;
        case UM_REVOKE:
            (void)fprintf(
                f,
                "takes from %s:%s; what is below %zu revision%s "
                "stays, and so do %zu of its statements\n",
                id_of(&s->key, id),
                s->roles != 0 ? roles_of(s->roles, roles) : " all roles",
                s->keep.n, s->keep.n == 1 ? "" : "s", s->stand.n);
            break;
        case UM_SET:
            show_set(f, s);
            break;
        case UM_VOID:
            show_void(f, s);
            break;
    }
    if (s->message.len > 0) {
        (void)fprintf(f, "    %s\n", text_of(s->message, message));
    }
}

/* The mesh, then all of a list; an exit code. */
static int show_all(FILE *f, const char *path, enum um_carry what,
                    struct um_str list)
{
    char mesh[UM_NAME_TEXT_MAX], id[P2P_PEER_ID_TEXT_MAX], age[UM_CLI_AGE];
    struct um_statement s;
    struct um_str one;
    bool first = true;

    while (um_pb_list_next(&list, &one)) {
        if (read_one(one, what, &s) != 0) {
            return say_no_file(path);
        }
        if (first) {
            (void)fprintf(f, "mesh  %s\nmade  %s ago\n",
                          um_name_text(&s.mesh, mesh),
                          um_cli_ago(s.wall_ms, age));
            if (what == UM_CARRY_SIGNED) {
                (void)fprintf(f, "by    %s\n", id_of(&s.by, id));
            }
            (void)fputc('\n', f);
        }
        first = false;
        show(f, &s);
    }
    return UM_EXIT_DONE;
}

/* ---- the verbs */

static int show_file(struct um_cli *c)
{
    struct um_buf bytes = UM_BUF_INIT;
    enum um_carry what;
    struct um_str list;
    int rv = read_carry(c->words[0], &bytes, &what, &list);

    if (rv == UM_EXIT_DONE) {
        rv = show_all(stdout, c->words[0], what, list);
    }
    um_buf_fini(&bytes);
    return rv;
}

static void sink(void *user, enum um_log_level level, const char *line)
{
    (void)user;
    (void)level;
    (void)fprintf(stderr, "unitmesh: %s\n", line);
}

static const struct um_log key_log = {.level = UM_LOG_WARN, .sink = sink};

/* The key that signs: of a file, or that on paper. */
static int find_key(const struct um_cli *c, struct p2p_key **out)
{
    const struct um_keyfile k = {.dir = AT_FDCWD,
                                 .name = um_cli_opt(c, UM_OPT_KEY),
                                 .hint = "",
                                 .log = &key_log};
    int rv;

    if ((k.name != NULL) == (um_cli_opt(c, UM_OPT_RECOVERY) != NULL)) {
        return um_cli_wrong(c, "say with what", "--key FILE or --recovery");
    }
    if (k.name == NULL) {
        return um_cli_paper(c, out);
    }
    rv = um_keyfile_read(&k, out);
    if (rv == 1) {
        (void)fprintf(stderr, "unitmesh: %s: there is no such file\n", k.name);
    }
    return rv == 0 ? UM_EXIT_DONE : UM_EXIT_ERROR;
}

/* Signs all of a list. */
static int sign_all(struct um_str list, const struct p2p_key *key,
                    struct um_buf *out)
{
    struct um_buf one = UM_BUF_INIT;
    struct um_statement s;
    struct um_str bytes;
    int err = 0;

    um_carry_begin(out, UM_CARRY_SIGNED);
    while (err == 0 && um_pb_list_next(&list, &bytes)) {
        err = read_one(bytes, UM_CARRY_TO_SIGN, &s);
        if (err == 0) {
            um_buf_clear(&one);
            err = um_statement_seal(&s, key, &one);
            um_carry_add(out, um_buf_view(&one));
        }
    }
    um_buf_fini(&one);
    return err == 0 && um_buf_failed(out) ? P2P_ENOMEM : err;
}

/* Signs what was read, and prints it for a file. */
static int sign_file(const struct um_cli *c, struct um_str list)
{
    struct p2p_key *key = NULL;
    struct um_buf out = UM_BUF_INIT;
    int rv = show_all(stderr, c->words[0], UM_CARRY_TO_SIGN, list);
    int err;

    if (rv == UM_EXIT_DONE) {
        rv = find_key(c, &key);
    }
    if (rv == UM_EXIT_DONE) {
        err = sign_all(list, key, &out);
        if (err != 0) {
            (void)fprintf(stderr, "unitmesh: it cannot be signed: %s\n",
                          p2p_err_text(err));
            rv = UM_EXIT_ERROR;
        }
    }
    if (rv == UM_EXIT_DONE && fwrite(out.p, 1, out.len, stdout) != out.len) {
        rv = UM_EXIT_ERROR;
    }
    p2p_key_free(key);
    um_buf_fini(&out);
    return rv;
}

static int sign(struct um_cli *c)
{
    struct um_buf bytes = UM_BUF_INIT;
    enum um_carry what;
    struct um_str list;
    int rv;

    if (isatty(STDOUT_FILENO) == 1) {
        return um_cli_wrong(c, "what is signed is no text",
                            "write it into a file: > FILE");
    }
    rv = read_carry(c->words[0], &bytes, &what, &list);
    if (rv == UM_EXIT_DONE && what != UM_CARRY_TO_SIGN) {
        (void)fprintf(stderr, "unitmesh: %s: it is signed already\n",
                      c->words[0]);
        rv = UM_EXIT_ERROR;
    }
    if (rv == UM_EXIT_DONE) {
        rv = sign_file(c, list);
    }
    um_buf_fini(&bytes);
    return rv;
}

static int carry(struct um_cli *c)
{
    struct um_buf bytes = UM_BUF_INIT;
    enum um_carry what;
    struct um_str list, rest, one;
    int rv = read_carry(c->words[0], &bytes, &what, &list);

    if (rv == UM_EXIT_DONE && what != UM_CARRY_SIGNED) {
        (void)fprintf(stderr,
                      "unitmesh: %s: nobody has signed it yet: `unitmesh owner "
                      "sign`\n",
                      c->words[0]);
        rv = UM_EXIT_ERROR;
    }
    rest = list;
    while (rv == UM_EXIT_DONE && um_pb_list_next(&rest, &one)) {
        rv = um_cli_owner_carry(c, one);
    }
    if (rv == UM_EXIT_DONE) {
        rv = show_all(stdout, c->words[0], what, list);
        (void)puts("\nThe mesh has it.");
    }
    um_buf_fini(&bytes);
    return rv;
}

static int make_key(struct um_cli *c)
{
    const struct um_keyfile k = {.dir = AT_FDCWD,
                                 .name = c->words[0],
                                 .temp = c->words[0],
                                 .hint = "",
                                 .log = &key_log};
    struct p2p_key *key = NULL;
    char id[P2P_PEER_ID_TEXT_MAX];
    struct um_name name;
    int rv = UM_EXIT_ERROR;

    if (access(k.name, F_OK) == 0) {
        return um_cli_wrong(c, k.name, "there is a file of that name");
    }
    if (p2p_key_generate(P2P_KEY_ED25519, &key) == 0 &&
        um_item_signer(key, &name) == 0 && um_keyfile_write(&k, key) == 0) {
        (void)puts(id_of(&name, id));
        (void)fflush(stdout);
        (void)fprintf(stderr,
                      "A root makes it an owner's: unitmesh members role %s "
                      "owner\n",
                      id);
        rv = UM_EXIT_DONE;
    }
    p2p_key_free(key);
    return rv;
}

static int make_void(struct um_cli *c)
{
    struct um_buf path = UM_BUF_INIT;
    struct um_request r = {.method = "POST"};
    struct um_cli_body b;
    yyjson_doc *doc = NULL;
    int code = UM_EXIT_ERROR;

    um_cli_body_init(&b);
    um_cli_body_text(&b, "message", um_cli_opt(c, UM_OPT_MESSAGE));
    um_cli_body_texts(&b, "revisions", c->words, (size_t)c->n);
    r.body = um_cli_body_end(&b);
    um_buf_text(&path, "/mesh/void");
    um_cli_path_flags(&path, &c->o);
    if (r.body.p != NULL) {
        code = um_cli_consent_falls(c, &r, um_buf_view(&path), NULL);
    }
    if (code == UM_EXIT_DONE) {
        doc = um_cli_owner_ask(c, &r, &path, &code);
    }
    if (doc != NULL && um_cli_opt(c, UM_OPT_DRY_RUN) != NULL) {
        um_cli_falls(stdout, yyjson_doc_get_root(doc));
    } else {
        um_cli_success(doc);
    }
    yyjson_doc_free(doc);
    um_cli_body_fini(&b);
    um_buf_fini(&path);
    return code;
}

static const struct um_cli_verb owner_verbs[] = {
    {"key", "FILE", "makes a key for an owner, and prints its id", 0, make_key},
    {"show", "FILE", "what --to-sign wrote, in words", 0, show_file},
    {"sign", "FILE", "signs it, on whichever machine the key is",
     UM_BIT(UM_OPT_KEY) | UM_BIT(UM_OPT_RECOVERY), sign},
    {"carry", "FILE", "gives what was signed to this node", 0, carry},
};
static const struct um_cli_verb recover_verbs[] = {
    {NULL, "",
     "Makes a root with the recovery key, which is read from standard input.",
     UM_BIT(UM_OPT_CHECK) | UM_BIT(UM_OPT_TO), um_cli_recover},
};
static const struct um_cli_verb void_verbs[] = {
    {NULL, "REV [REV...]",
     "Makes revisions void, whoever signed them; --dry-run shows what would "
     "fall.",
     UM_BIT(UM_OPT_MESSAGE) | UM_BIT(UM_OPT_DRY_RUN) | UM_BIT(UM_OPT_FORCE) |
         UM_OPTS_KEYS,
     make_void},
};

const struct um_cli_command um_cli_owner[] = {
    UM_CLI_COMMAND("owner", "an owner's key that is on no node", owner_verbs),
    UM_CLI_COMMAND("recover", "an owner's key is lost", recover_verbs),
    UM_CLI_COMMAND("void", "the brake: revisions that are to fall", void_verbs),
    {NULL, NULL, NULL, 0, NULL},
};
