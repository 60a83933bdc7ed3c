/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A mesh as a file, and back. Happy path: page by page it is asked for and
 * written to FILE.part, which becomes FILE when all of it is on the disk; read,
 * it is given to the daemon in parts, which judges each item.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <yyjson.h>

#include "cli/answer.h"
#include "cli/consent.h"
#include "cli/path.h"
#include "cli/progress.h"
#include "mesh/app/json.h"
#include "mesh/sync/dump.h"
#include "mesh/trust/statement.h"
#include "p2p/err.h"
#include "p2p/hash.h"

/* Items and bytes that go to the daemon at once. */
#define PART_ITEMS 500U
#define PART_BYTES (1U << 20)

static const char *const sets[] = {
    [UM_DUMP_STATEMENT] = "roster",
    [UM_DUMP_REVISION] = "revisions",
    [UM_DUMP_FACT] = "facts",
};

static int complain(const char *path, const char *why)
{
    (void)fprintf(stderr, "unitmesh: %s: %s\n", path, why);
    return UM_EXIT_ERROR;
}

/* Numbers for a program: pairs of a name and what there is of it. */
struct counted {
    const char *name;
    uint64_t n;
};

static void form_counts(const struct um_cli *c, const char *mesh,
                        const struct counted *all, size_t n)
{
    struct um_json j;
    const char *text;
    size_t len = 0;

    um_json_init(&j);
    um_json_text(&j, "mesh", mesh);
    for (size_t i = 0; i < n; i++) {
        um_json_uint(&j, all[i].name, all[i].n);
    }
    text = um_json_finish(&j, &len);
    if (text != NULL) {
        um_cli_form(c, stdout, text, len);
    }
    um_json_fini(&j);
}

/* Which mesh the node is of; "" if of none. An exit code. */
static int ask_mesh(const struct um_cli *c, char id[UM_CLI_TEXT])
{
    int code;
    yyjson_doc *doc = um_cli_value(c, "/mesh/status", &code);

    (void)um_cli_text(yyjson_obj_get(yyjson_doc_get_root(doc), "mesh"), "id",
                      id);
    yyjson_doc_free(doc);
    return code;
}

static bool read_name(const char *hex, struct um_name *out)
{
    unsigned byte;

    for (size_t i = 0; i < sizeof out->b; i++) {
        if (strlen(hex) != 2 * sizeof out->b ||
            sscanf(hex + 2 * i, "%2x", &byte) != 1) {
            return false;
        }
        out->b[i] = (uint8_t)byte;
    }
    return true;
}

/* ---- out */

/* A file that is being written. */
struct out {
    const struct um_cli *c;
    const char *path;
    FILE *f;
    struct um_dump_sum sum;
    struct um_buf bytes;
    uint64_t items;
    uint64_t documents;
};

/* Writes what was put together. */
static int flush(struct out *o)
{
    bool fine = !um_buf_failed(&o->bytes) &&
                fwrite(o->bytes.p, 1, o->bytes.len, o->f) == o->bytes.len;

    um_buf_clear(&o->bytes);
    return fine ? UM_EXIT_DONE : complain(o->path, strerror(errno));
}

static int add(struct out *o, enum um_dump_what what, struct um_str bytes)
{
    int err = um_dump_add(&o->sum, what, bytes, &o->bytes);

    return err == 0 ? flush(o) : complain(o->path, p2p_err_text(err));
}

/* A page of a set; `n` is set to how many were on it. */
static int put_page(struct out *o, enum um_dump_what what, uint64_t from,
                    uint64_t *n)
{
    char path[80];
    struct um_request r = {.method = "GET", .path = path};
    struct um_str list, one;
    int rv;

    *n = 0;
    (void)snprintf(path, sizeof path, "/mesh/export/%s?from=%" PRIu64,
                   sets[what], from);
    rv = um_cli_send(o->c, &r);
    list = um_str_n(r.answer, r.len);
    while (rv == UM_EXIT_DONE && um_pb_list_next(&list, &one)) {
        rv = one.p != NULL ? add(o, what, one)
                           : complain("the daemon", "this is no page");
        ++*n;
    }
    um_request_free(&r);
    return rv;
}

static int put_set(struct out *o, enum um_dump_what what)
{
    uint64_t from = 0, n = 0;
    int rv;

    do {
        rv = put_page(o, what, from, &n);
        from += n;
    } while (rv == UM_EXIT_DONE && n > 0);
    o->items += from;
    return rv;
}

static int put_document(struct out *o, const char *hash)
{
    char path[120];
    struct um_request r = {.method = "GET", .path = path};
    int rv;

    (void)snprintf(path, sizeof path, "/mesh/documents/%s", hash);
    rv = um_cli_send(o->c, &r);
    if (rv == UM_EXIT_DONE && r.len > 0) {
        rv = add(o, UM_DUMP_DOCUMENT, um_str_n(r.answer, r.len));
        o->documents++;
    }
    um_request_free(&r);
    return rv;
}

/* A page of documents; `last` is the last of it, "" if there was none. */
static int put_some(struct out *o, char last[UM_CLI_TEXT])
{
    char path[120];
    yyjson_doc *doc;
    yyjson_val *v;
    size_t i, n;
    int code;

    (void)snprintf(path, sizeof path, "/mesh/documents?after=%.64s", last);
    doc = um_cli_value(o->c, path, &code);
    last[0] = '\0';
    yyjson_arr_foreach(yyjson_obj_get(yyjson_doc_get_root(doc), "documents"), i,
                       n, v)
    {
        if (code == UM_EXIT_DONE) {
            code = put_document(o, um_cli_shown(v, last));
        }
    }
    yyjson_doc_free(doc);
    return code;
}

static int put_all(struct out *o)
{
    char last[UM_CLI_TEXT] = "";
    int rv = flush(o);

    for (enum um_dump_what w = UM_DUMP_STATEMENT;
         w <= UM_DUMP_FACT && rv == UM_EXIT_DONE; w++) {
        rv = put_set(o, w);
    }
    do {
        rv = rv == UM_EXIT_DONE ? put_some(o, last) : rv;
    } while (rv == UM_EXIT_DONE && last[0] != '\0');
    if (rv == UM_EXIT_DONE) {
        um_dump_end(&o->sum, &o->bytes);
        rv = flush(o);
    }
    return rv;
}

/* Makes the file what its name says, when it is on the disk. */
static int finish(struct out *o, const char *part, int rv)
{
    if (fflush(o->f) != 0 || fsync(fileno(o->f)) != 0) {
        rv = rv == UM_EXIT_DONE ? complain(o->path, strerror(errno)) : rv;
    }
    (void)fclose(o->f);
    if (rv == UM_EXIT_DONE && rename(part, o->path) != 0) {
        rv = complain(o->path, strerror(errno));
    }
    if (rv != UM_EXIT_DONE) {
        (void)unlink(part);
    }
    return rv;
}

static int export_all(struct um_cli *c)
{
    struct out o = {.c = c, .path = c->words[0], .bytes = UM_BUF_INIT};
    char part[4096], id[UM_CLI_TEXT];
    struct um_name mesh;
    int rv = ask_mesh(c, id);

    if (rv == UM_EXIT_DONE && !read_name(id, &mesh)) {
        rv = complain("this node", "it is in no mesh");
    }
    if (rv != UM_EXIT_DONE) {
        return rv;
    }
    (void)snprintf(part, sizeof part, "%s.part", o.path);
    o.f = fopen(part, "wb");
    if (o.f == NULL) {
        return complain(part, strerror(errno));
    }
    um_dump_begin(&o.sum, &mesh, (uint64_t)time(NULL) * 1000, &o.bytes);
    rv = finish(&o, part, put_all(&o));
    um_buf_fini(&o.bytes);
    if (rv == UM_EXIT_DONE && c->o.json) {
        const struct counted all[] = {{"items", o.items},
                                      {"documents", o.documents}};

        form_counts(c, id, all, sizeof all / sizeof *all);
    } else if (rv == UM_EXIT_DONE) {
        (void)printf("mesh %.16s: %" PRIu64 " items, %" PRIu64 " documents\n",
                     id, o.items, o.documents);
    }
    return rv;
}

/* ---- in */

/* A file that is being read. */
struct in {
    const struct um_cli *c;
    const char *path;
    char mesh[UM_CLI_TEXT];      /* the node's; "": none */
    char file[UM_NAME_TEXT_MAX]; /* the file's */
    struct um_buf part;          /* items that were not given yet */
    unsigned part_n;
    uint64_t taken;
    uint64_t known;
    uint64_t waiting;
    uint64_t aside;
    uint64_t refused;
    uint64_t documents;
    bool again; /* items alone: those that waited */
    struct um_progress progress;
    uint64_t bytes; /* that were read, and that there are */
    uint64_t size;
};

/* Says what was refused, once. */
static void say_refused(struct in *t, yyjson_val *list)
{
    char what[UM_CLI_TEXT], id[UM_CLI_TEXT], why[UM_CLI_TEXT];
    yyjson_val *v;
    size_t i, n;

    yyjson_arr_foreach(list, i, n, v)
    {
        t->refused++;
        um_progress_end(&t->progress);
        (void)um_cli_text(v, "id", id);
        (void)fprintf(stderr, "unitmesh: %s: a %s%s%s is left out: %s\n",
                      t->path, um_cli_text(v, "what", what),
                      id[0] != '\0' ? " " : "", id, um_cli_text(v, "why", why));
    }
}

/* Gives the items that were read to the daemon. */
static int give(struct in *t)
{
    struct um_request r = {.method = "POST",
                           .path = "/mesh/import",
                           .body = um_buf_view(&t->part)};
    yyjson_doc *doc;
    yyjson_val *root;
    int code = UM_EXIT_DONE;

    if (t->part_n == 0) {
        return code;
    }
    code = um_cli_send(t->c, &r);
    doc = code == UM_EXIT_DONE ? yyjson_read(r.answer, r.len, 0) : NULL;
    root = yyjson_doc_get_root(doc);
    t->taken += um_cli_number(root, "taken");
    t->known += t->again ? 0 : um_cli_number(root, "known");
    t->waiting += um_cli_number(root, "waiting");
    t->aside += t->again ? 0 : um_cli_number(root, "aside");
    if (!t->again) {
        say_refused(t, yyjson_obj_get(root, "refused"));
    }
    yyjson_doc_free(doc);
    um_request_free(&r);
    um_buf_clear(&t->part);
    t->part_n = 0;
    return code;
}

/* A node in no mesh takes a place in that of the file. */
static int take_place(struct in *t, struct um_str envelope)
{
    struct um_request r = {
        .method = "POST", .path = "/mesh/import/begin", .body = envelope};
    struct um_statement s;
    int rv;

    if (um_statement_open(envelope, &s) != 0 || s.what != UM_GENESIS ||
        strcmp(um_name_text(&s.id, t->mesh), t->file) != 0) {
        t->mesh[0] = '\0';
        return complain(t->path,
                        "it does not begin with the genesis of its "
                        "mesh");
    }
    rv = um_cli_send(t->c, &r);
    um_request_free(&r);
    return rv;
}

static int give_document(struct in *t, struct um_str bytes)
{
    char path[120], hex[UM_NAME_TEXT_MAX];
    struct um_request r = {.method = "PUT", .path = path, .body = bytes};
    struct um_name hash;
    int rv = give(t);

    p2p_sha256(bytes.p, bytes.len, hash.b);
    (void)snprintf(path, sizeof path, "/mesh/documents/%s",
                   um_name_text(&hash, hex));
    if (rv == UM_EXIT_DONE) {
        rv = um_cli_send(t->c, &r);
        t->documents++;
    }
    um_request_free(&r);
    return rv;
}

/* The question, once it is known of which mesh the file is. */
static int agree(struct in *t)
{
    char text[200];
    int rv;

    (void)snprintf(text, sizeof text,
                   t->mesh[0] == '\0'
                       ? "This node takes a place in mesh %.16s and asks to be "
                         "let in."
                       : "Mesh %.16s gets what the file has and it has not.",
                   t->file);
    rv = um_cli_consent(t->c, text);
    if (rv != UM_EXIT_DONE) {
        t->file[0] = '\0';
    }
    return rv;
}

static int on_begin(struct in *t, const struct um_dump_record *r)
{
    (void)um_name_text(&r->mesh, t->file);
    if (t->mesh[0] != '\0' && strcmp(t->mesh, t->file) != 0) {
        t->file[0] = '\0';
        return complain(t->path, "it is of another mesh than this node");
    }
    return t->again ? UM_EXIT_DONE : agree(t);
}

static int on_record(struct in *t, const struct um_dump_record *r)
{
    int rv = UM_EXIT_DONE;

    if (r->what == UM_DUMP_BEGIN) {
        return on_begin(t, r);
    }
    if (r->what == UM_DUMP_END) {
        return give(t);
    }
    if (t->mesh[0] == '\0') {
        rv = take_place(t, r->bytes);
    }
    if (rv == UM_EXIT_DONE && r->what == UM_DUMP_DOCUMENT) {
        return t->again ? rv : give_document(t, r->bytes);
    }
    if (rv == UM_EXIT_DONE) {
        um_pb_put_str(&t->part, (unsigned)r->what - 1, r->bytes);
        t->part_n++;
        if (t->part_n >= PART_ITEMS || t->part.len >= PART_BYTES) {
            rv = give(t);
        }
    }
    return rv;
}

static int say_no_export(const struct in *t, int err)
{
    return complain(t->path, err == P2P_ENOTSUP
                                 ? "it is of a later version of unitmesh"
                                 : "it is no export, or was damaged or cut "
                                   "off; what was read before is taken");
}

static void say_how_far(struct in *t)
{
    char text[120];

    (void)snprintf(text, sizeof text,
                   "%" PRIu64 " items, %" PRIu64 " documents, %" PRIu64
                   " %% of the file",
                   t->taken + t->known, t->documents,
                   t->size > 0 ? t->bytes * 100 / t->size : 100);
    um_progress_say(&t->progress, text);
}

/* Reads all of a file. */
static int pass(struct in *t, FILE *f)
{
    char bytes[65536];
    struct um_dump d;
    struct um_dump_record r;
    struct um_str in;
    int rv = UM_EXIT_DONE, got = 0;
    size_t n;

    um_dump_open(&d);
    while (rv == UM_EXIT_DONE && got >= 0 &&
           (n = fread(bytes, 1, sizeof bytes, f)) > 0) {
        in = um_str_n(bytes, n);
        t->bytes += n;
        say_how_far(t);
        while (rv == UM_EXIT_DONE && (got = um_dump_next(&d, &in, &r)) == 1) {
            rv = on_record(t, &r);
        }
    }
    if (rv == UM_EXIT_DONE && (got < 0 || !um_dump_whole(&d))) {
        rv = give(t);
        rv = rv == UM_EXIT_DONE ? say_no_export(t, got) : rv;
    }
    um_dump_fini(&d);
    return rv;
}

/* What waited for items that came later in the file is judged once more. */
static int read_all(struct in *t, FILE *f)
{
    int rv = pass(t, f);

    if (rv == UM_EXIT_DONE && t->waiting > 0 && fseek(f, 0, SEEK_SET) == 0) {
        t->waiting = 0;
        t->again = true;
        t->bytes = 0;
        rv = pass(t, f);
    }
    return rv;
}

static void show_taken(const struct in *t)
{
    const struct counted all[] = {
        {"new", t->taken},           {"known", t->known},
        {"documents", t->documents}, {"aside", t->aside},
        {"waiting", t->waiting},     {"refused", t->refused}};

    if (t->c->o.json) {
        form_counts(t->c, t->file, all, sizeof all / sizeof *all);
        return;
    }
    (void)printf("mesh %.16s: %" PRIu64 " items are new, %" PRIu64
                 " were here; %" PRIu64 " documents\n",
                 t->file, t->taken, t->known, t->documents);
    if (t->aside > 0) {
        (void)printf("%" PRIu64
                     " are of a later version: kept, and not "
                     "followed\n",
                     t->aside);
    }
    if (t->waiting > 0) {
        (void)printf("%" PRIu64 " rest on what is not in the file\n",
                     t->waiting);
    }
    if (t->refused > 0) {
        (void)printf("%" PRIu64 " were left out\n", t->refused);
    }
}

static int conclude(const struct in *t, int rv)
{
    show_taken(t);
    return rv == UM_EXIT_DONE && (t->refused > 0 || t->waiting > 0)
               ? UM_EXIT_ERROR
               : rv;
}

static int import_all(struct um_cli *c)
{
    struct in t = {.c = c, .path = c->words[0], .part = UM_BUF_INIT};
    FILE *f = fopen(t.path, "rb");
    int rv;

    if (f == NULL) {
        return complain(t.path, strerror(errno));
    }
    t.size = fseek(f, 0, SEEK_END) == 0 ? (uint64_t)ftell(f) : 0;
    rewind(f);
    um_progress_begin(&t.progress, c, NULL);
    rv = ask_mesh(c, t.mesh);
    if (rv == UM_EXIT_DONE) {
        rv = read_all(&t, f);
        um_progress_end(&t.progress);
        if (t.file[0] != '\0' && t.mesh[0] != '\0') {
            rv = conclude(&t, rv);
        }
    }
    (void)fclose(f);
    um_buf_fini(&t.part);
    return rv;
}

static const struct um_cli_verb export_verbs[] = {
    {NULL, "FILE", "Writes all that the mesh agrees on into a file.", 0,
     export_all},
};
static const struct um_cli_verb import_verbs[] = {
    {NULL, "FILE",
     "Takes what an export has: each item as if a member sent it. A node in "
     "no mesh takes a place in that of the file, and waits to be let in.",
     UM_BIT(UM_OPT_YES), import_all},
};

const struct um_cli_command um_cli_dump[] = {
    UM_CLI_COMMAND("export", "all of it as a file", export_verbs),
    UM_CLI_COMMAND("import", "what such a file has", import_verbs),
    {NULL, NULL, NULL, 0, NULL},
};
