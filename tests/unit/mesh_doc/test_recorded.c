/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What real Units said (tests/data/unit-transcripts). Each configuration that
 * came back from GET is read and printed as the same bytes. Each that a Unit
 * took by PUT is read. Each body that a
 * Unit refused as JSON is refused with the same words, offset, line and
 * column. Each change is done to a document of ours, too: its path is found or
 * not as by Unit, and what GET gives then, at any path, is what Unit gave.
 * Argument: the folder.
 */
#include "doc_rig.h"

#include <glob.h>

#include "mesh/doc/path.h"

static const char *folder;

struct counts {
    size_t same;
    size_t taken;
    size_t refused;
    size_t changed;
    size_t nowhere; /* 404 and 405 */
    size_t followed;
};

/* The configuration of the Unit, as far as its requests were recorded. */
struct follower {
    struct rig rig;
    struct um_val config;
    bool known;
    bool restarts; /* Units were killed in between */
    size_t step;
};

static struct um_str text_of(const struct um_val *v, const char *name)
{
    const struct um_val *m = v != NULL ? um_val_member(v, um_str(name)) : NULL;

    if (m == NULL || m->kind != UM_VAL_STRING)
        return um_str_n(NULL, 0);
    return m->text;
}

static struct um_str number_of(const struct um_val *v, const char *name)
{
    const struct um_val *m = um_val_member(v, um_str(name));

    assert_non_null(m);
    assert_int_equal(m->kind, UM_VAL_NUMBER);
    return m->text;
}

/* A body that Unit's GET gave. */
static void check_get(struct um_str body, struct counts *n)
{
    struct rig r = {.arena = UM_ARENA_INIT};
    struct um_val v;

    if (um_doc_parse(body, &r.arena, &v, NULL) != 0)
        fail_msg("refused: %.*s", UM_STR_ARG(body));
    assert_int_equal(um_doc_print_pretty(&r.text, &v), 0);
    if (!um_str_eq(um_buf_view(&r.text), body))
        fail_msg("another: %.*s", UM_STR_ARG(body));
    n->same++;
    rig_fini(&r);
}

/* A configuration that Unit took: none that runs somewhere is refused. */
static void check_taken(struct um_str body, struct counts *n)
{
    struct rig r = {.arena = UM_ARENA_INIT};
    struct um_val v;

    if (um_doc_parse(body, &r.arena, &v, NULL) != 0)
        fail_msg("refused: %.*s", UM_STR_ARG(body));
    assert_int_equal(v.kind, UM_VAL_OBJECT);
    n->taken++;
    rig_fini(&r);
}

static void same_number(size_t have, const struct um_val *where,
                        const char *name)
{
    char text[24];

    (void)snprintf(text, sizeof text, "%zu", have);
    assert_true(um_str_eq(um_str(text), number_of(where, name)));
}

/* A body that Unit refused, and its answer. */
static void check_refused(struct um_str body, const struct um_val *answer,
                          struct counts *n)
{
    struct rig r = {.arena = UM_ARENA_INIT};
    const struct um_val *where = um_val_member(answer, UM_STR("location"));
    struct um_doc_error err;
    struct um_val v;
    int rc = um_doc_parse(body, &r.arena, &v, &err);

    if (rc != P2P_EFORMAT)
        fail_msg("accepted: %.*s", UM_STR_ARG(body));
    if (!um_str_eq(um_str(err.text), text_of(answer, "detail")))
        fail_msg("%.*s: %s", UM_STR_ARG(body), err.text);
    assert_non_null(where);
    same_number(err.at, where, "offset");
    if (um_val_member(where, UM_STR("line")) != NULL) {
        same_number(err.line, where, "line");
        same_number(err.column, where, "column");
    } else {
        assert_int_equal(err.line, 0);
    }
    n->refused++;
    rig_fini(&r);
}

/* What is recorded of one request. */
struct exchange {
    struct um_str method;
    struct um_str path; /* below /config; p is NULL: it is another one */
    struct um_str body;
    struct um_str said;
    size_t status;
};

static size_t to_number(struct um_str s)
{
    char text[24] = "";

    assert_true(s.len < sizeof text);
    memcpy(text, s.p, s.len);
    return strtoul(text, NULL, 10);
}

/* Paths that the HTTP side of Unit makes simpler first are left out. */
static bool is_plain(struct um_str path)
{
    for (size_t i = 0; i + 1 < path.len; i++) {
        if (path.p[i] == '/' && (path.p[i + 1] == '/' || path.p[i + 1] == '.'))
            return false;
    }
    return !um_str_has(path, '?') && !um_str_has(path, '#');
}

/* Bytes of a path were recorded as the characters of these numbers. */
static struct um_str to_bytes(struct um_arena *a, struct um_str s)
{
    char *to = um_arena_alloc(a, s.len);
    size_t n = 0;

    assert_non_null(to);
    for (size_t i = 0; i < s.len; i++) {
        to[n] = s.p[i];
        if ((s.p[i] & 0xfe) == 0xc2 && i + 1 < s.len) {
            to[n] = (char)((s.p[i] & 0x03) << 6 | (s.p[i + 1] & 0x3f));
            i++;
        }
        n++;
    }
    return um_str_n(to, n);
}

static struct exchange read_exchange(struct um_arena *a, const struct um_val *v)
{
    const struct um_val *request = um_val_member(v, UM_STR("request"));
    const struct um_val *response = um_val_member(v, UM_STR("response"));
    struct exchange x = {.method = text_of(request, "method"),
                         .path = text_of(request, "path"),
                         .body = text_of(request, "body"),
                         .said = text_of(response, "body")};

    if (response != NULL && response->kind == UM_VAL_OBJECT)
        x.status = to_number(number_of(response, "status"));
    if (um_str_starts(x.path, UM_STR("/config")) && is_plain(x.path))
        x.path = to_bytes(a, um_str_skip(x.path, 7));
    else
        x.path = um_str_n(NULL, 0);
    return x;
}

/* What came of a change; the answer of Unit says whether it was made. */
static void follow_change(struct follower *f, const struct exchange *x,
                          enum um_path_op op, struct counts *n)
{
    struct um_path_change change = {op, x->path, NULL};
    struct um_val value, out;
    int rc;

    if (op != UM_PATH_DELETE) {
        if (x->body.p == NULL ||
            um_doc_parse(x->body, &f->rig.arena, &value, NULL) != 0)
            return; /* that is refused first, and checked elsewhere */
        change.value = &value;
    }
    rc = um_path_apply(&f->rig.arena, &f->config, &change, &out);
    if (x->status == 404 || x->status == 405) {
        assert_int_equal(um_path_explain(rc).status, x->status);
        n->nowhere++;
        return;
    }
    if (rc != 0)
        fail_msg("step %zu: %.*s %.*s", f->step, UM_STR_ARG(x->method),
                 UM_STR_ARG(x->path));
    if (x->status == 200) {
        f->config = out;
        n->changed++;
    }
}

/* Unit reads members in another order if an object has more than ten. */
static bool has_big_object(const struct um_val *v)
{
    if (v->kind == UM_VAL_OBJECT && v->count > 10)
        return true;
    for (size_t i = 0; um_val_nests(v) && i < v->count; i++) {
        if (has_big_object(v->kind == UM_VAL_OBJECT ? &v->members.p[i].value
                                                    : &v->items.p[i]))
            return true;
    }
    return false;
}

static void follow_get(struct follower *f, const struct exchange *x,
                       struct counts *n)
{
    const struct um_val *v;
    int rc = um_path_get(&f->rig.arena, &f->config, x->path, &v);

    if (x->status == 404) {
        assert_int_equal(rc, P2P_ENOTFOUND);
        n->nowhere++;
        return;
    }
    if (rc != 0)
        fail_msg("step %zu: GET %.*s", f->step, UM_STR_ARG(x->path));
    um_buf_clear(&f->rig.text);
    assert_int_equal(um_doc_print_pretty(&f->rig.text, v), 0);
    if (!um_str_eq(um_buf_view(&f->rig.text), x->said))
        fail_msg("step %zu: GET %.*s:\n%.*s\nand not\n%.*s", f->step,
                 UM_STR_ARG(x->path), UM_STR_ARG(um_buf_view(&f->rig.text)),
                 UM_STR_ARG(x->said));
    n->followed++;
}

/* Learns the configuration from all of it, in a GET or a PUT. */
static void learn(struct follower *f, const struct exchange *x)
{
    bool get = um_str_eq(x->method, UM_STR("GET"));
    struct um_str all = get ? x->said : x->body;

    f->known = (get || um_str_eq(x->method, UM_STR("PUT"))) &&
               x->path.len == 0 && x->status == 200 && all.p != NULL &&
               um_doc_parse(all, &f->rig.arena, &f->config, NULL) == 0;
}

static void follow(struct follower *f, const struct exchange *x,
                   struct counts *n)
{
    bool get = um_str_eq(x->method, UM_STR("GET"));

    if (x->path.p == NULL || x->status == 0 || (get && x->said.p == NULL)) {
        f->known = f->known && get;
        return;
    }
    if (f->restarts || !f->known || has_big_object(&f->config))
        learn(f, x);
    else if (get)
        follow_get(f, x, n);
    else if (um_str_eq(x->method, UM_STR("PUT")))
        follow_change(f, x, UM_PATH_PUT, n);
    else if (um_str_eq(x->method, UM_STR("POST")))
        follow_change(f, x, UM_PATH_POST, n);
    else if (um_str_eq(x->method, UM_STR("DELETE")))
        follow_change(f, x, UM_PATH_DELETE, n);
}

static void check_exchange(struct um_str line, struct follower *f,
                           struct counts *n)
{
    struct um_arena *a = &f->rig.arena;
    struct exchange x;
    struct um_val v, answer;
    size_t step;

    /* Lines with numbers that no Unit takes are no exchange of ours. */
    if (um_doc_parse(line, a, &v, NULL) != 0 ||
        um_val_member(&v, UM_STR("step")) == NULL) {
        f->known = false;
        return;
    }
    step = to_number(number_of(&v, "step"));
    f->known = f->known && step == f->step + 1;
    f->step = step;
    x = read_exchange(a, &v);
    if (x.path.p != NULL && x.said.p != NULL &&
        um_str_eq(x.method, UM_STR("GET")))
        check_get(x.said, n);
    if (x.path.p != NULL && x.path.len == 0 && x.status == 200 &&
        x.body.p != NULL && um_str_eq(x.method, UM_STR("PUT")))
        check_taken(x.body, n);
    if (x.body.p != NULL && x.said.p != NULL &&
        um_doc_parse(x.said, a, &answer, NULL) == 0 &&
        um_str_eq(text_of(&answer, "error"), UM_STR("Invalid JSON.")))
        check_refused(x.body, &answer, n);
    follow(f, &x, n);
}

static void check_file(const char *path, struct counts *n)
{
    struct follower f = {.rig = {.arena = UM_ARENA_INIT}};
    FILE *in = fopen(path, "rb");
    char *line = NULL;
    size_t room = 0;
    ssize_t len;

    assert_non_null(in);
    f.restarts = strstr(path, "/13-persistence") != NULL;
    while ((len = getline(&line, &room, in)) > 0)
        check_exchange(um_str_n(line, (size_t)len - 1), &f, n);
    free(line);
    (void)fclose(in);
    rig_fini(&f.rig);
}

static void test_recorded_exchanges(void **state)
{
    struct counts n = {0};
    char pattern[4096];
    glob_t files;

    (void)state;
    (void)snprintf(pattern, sizeof pattern, "%s/*/*.jsonl", folder);
    assert_int_equal(glob(pattern, 0, NULL, &files), 0);
    for (size_t i = 0; i < files.gl_pathc; i++)
        check_file(files.gl_pathv[i], &n);
    globfree(&files);
    print_message(
        "%zu answers, %zu refusals; %zu changes, %zu led nowhere, "
        "%zu answers after them\n",
        n.same, n.refused, n.changed, n.nowhere, n.followed);
    /* Fewer would mean that this test reads the recordings wrongly. */
    assert_true(n.same >= 180 && n.taken >= 170 && n.refused >= 60);
    assert_true(n.changed >= 80 && n.nowhere >= 30 && n.followed >= 120);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_recorded_exchanges),
    };

    if (argc != 2)
        return 2;
    folder = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
