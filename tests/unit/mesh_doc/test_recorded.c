/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What real Units said (tests/data/unit-transcripts). Each configuration that
 * came back from GET is read and printed as the same bytes. Each body that a
 * Unit refused as JSON is refused with the same words, offset, line and
 * column. Argument: the folder.
 */
#include "doc_rig.h"

#include <glob.h>

static const char *folder;

struct counts {
    size_t same;
    size_t refused;
};

static struct um_str text_at(const struct um_val *v, const char *name)
{
    const struct um_val *m = v != NULL ? um_val_member(v, um_str(name)) : NULL;

    if (m == NULL || m->kind != UM_VAL_STRING)
        return um_str_n(NULL, 0);
    return m->text;
}

static struct um_str number_at(const struct um_val *v, const char *name)
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

static void same_number(size_t have, const struct um_val *where,
                        const char *name)
{
    char text[24];

    (void)snprintf(text, sizeof text, "%zu", have);
    assert_true(um_str_eq(um_str(text), number_at(where, name)));
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
    if (!um_str_eq(um_str(err.text), text_at(answer, "detail")))
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

static void check_exchange(struct um_str line, struct counts *n)
{
    struct rig r = {.arena = UM_ARENA_INIT};
    const struct um_val *request, *response;
    struct um_val *answer;
    struct um_str body, said;
    struct um_val v;

    /* Lines with numbers that no Unit takes are no exchange of ours. */
    if (um_doc_parse(line, &r.arena, &v, NULL) != 0) {
        rig_fini(&r);
        return;
    }
    request = um_val_member(&v, UM_STR("request"));
    response = um_val_member(&v, UM_STR("response"));
    body = text_at(request, "body");
    said = text_at(response, "body");
    if (said.p != NULL &&
        um_str_starts(text_at(request, "path"), UM_STR("/config")) &&
        um_str_eq(text_at(request, "method"), UM_STR("GET")))
        check_get(said, n);
    answer = um_arena_zalloc(&r.arena, 1, sizeof(*answer));
    if (body.p != NULL && said.p != NULL &&
        um_doc_parse(said, &r.arena, answer, NULL) == 0 &&
        um_str_eq(text_at(answer, "error"), UM_STR("Invalid JSON.")))
        check_refused(body, answer, n);
    rig_fini(&r);
}

static void check_file(const char *path, struct counts *n)
{
    FILE *f = fopen(path, "rb");
    char *line = NULL;
    size_t room = 0;
    ssize_t len;

    assert_non_null(f);
    while ((len = getline(&line, &room, f)) > 0)
        check_exchange(um_str_n(line, (size_t)len - 1), n);
    free(line);
    (void)fclose(f);
}

static void test_recorded_exchanges(void **state)
{
    struct counts n = {0, 0};
    char pattern[4096];
    glob_t files;

    (void)state;
    (void)snprintf(pattern, sizeof pattern, "%s/*/*.jsonl", folder);
    assert_int_equal(glob(pattern, 0, NULL, &files), 0);
    for (size_t i = 0; i < files.gl_pathc; i++)
        check_file(files.gl_pathv[i], &n);
    globfree(&files);
    print_message("%zu answers, %zu refusals\n", n.same, n.refused);
    assert_true(n.same >= 100);
    assert_true(n.refused >= 50);
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
