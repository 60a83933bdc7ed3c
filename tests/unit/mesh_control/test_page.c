/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Runs the examples of docs/reference/rest-config.md, its argument: a document,
 * then requests, each with the answer that must come. What is accepted is the
 * document of those that follow.
 */
#include "control_rig.h"

struct page {
    struct rig rig;
    size_t checked;
};

static const char *file;

static char *read_file(void)
{
    FILE *f = fopen(file, "rb");
    struct um_buf b = UM_BUF_INIT;
    char part[4096];
    size_t n;

    assert_non_null(f);
    while ((n = fread(part, 1, sizeof part, f)) > 0)
        um_buf_add(&b, part, n);
    (void)fclose(f);
    um_buf_byte(&b, '\0');
    assert_false(um_buf_failed(&b));
    return b.p;
}

/* Takes a line off, without its end. */
static struct um_str line_of(struct um_str *rest)
{
    struct um_str line = um_str_head(*rest, um_str_find(*rest, '\n'));

    *rest = um_str_skip(*rest, line.len + 1);
    return line;
}

static struct um_str value_of(struct um_str line, const char *name)
{
    struct um_str n = um_str(name);

    return um_str_starts(line, n) ? um_str_skip(line, n.len)
                                  : um_str_n(NULL, 0);
}

/* "METHOD PATH?CHOICE", headers, a blank line, the body. */
static void request(struct page *p, struct um_str text)
{
    struct um_str line = line_of(&text);
    struct um_control_request *req = &p->rig.req;
    struct um_str query;

    *req = (struct um_control_request){.dry_run = false};
    req->method = um_str_head(line, um_str_find(line, ' '));
    req->path = um_str_skip(line, req->method.len + 1);
    query = um_str_skip(req->path, um_str_find(req->path, '?'));
    req->dry_run = um_str_eq(query, UM_STR("?dry-run"));
    req->effective = um_str_eq(query, UM_STR("?effective"));
    req->secret = um_str_eq(query, UM_STR("?secret"));
    assert_true(query.len == 0 || req->dry_run || req->effective ||
                req->secret);
    while ((line = line_of(&text)).len > 0) {
        if (um_str_starts(line, UM_STR("If-Match: ")))
            req->if_match = value_of(line, "If-Match: ");
        else if (um_str_starts(line, UM_STR("Content-Type: ")))
            req->content_type = value_of(line, "Content-Type: ");
        else if (um_str_starts(line, UM_STR("Accept: ")))
            req->accept = value_of(line, "Accept: ");
        else
            fail_msg("unknown: %.*s", UM_STR_ARG(line));
    }
    if (text.len > 0 && text.p[text.len - 1] == '\n')
        text.len--;
    req->body = text;
    um_control_answer(&p->rig.arena, &p->rig.state, req, &p->rig.out);
}

/* The answer as the page shows it. */
static void answer(struct page *p, struct um_str want)
{
    const struct um_control_answer *out = &p->rig.out;
    struct um_buf b = UM_BUF_INIT;

    um_buf_fmt(&b, "%u\nContent-Type: %s\n", out->status, out->type);
    if (out->etag.len > 0)
        um_buf_fmt(&b, "ETag: %.*s\n", UM_STR_ARG(out->etag));
    um_buf_byte(&b, '\n');
    for (size_t i = 0; i < out->body.len; i++) {
        if (out->body.p[i] == '\t')
            um_buf_text(&b, "    ");
        else if (out->body.p[i] != '\r')
            um_buf_byte(&b, out->body.p[i]);
    }
    if (!um_str_eq(um_buf_view(&b), want))
        fail_msg("%.*s %.*s:\n%.*s\nThe page says:\n%.*s",
                 UM_STR_ARG(p->rig.req.method), UM_STR_ARG(p->rig.req.path),
                 UM_STR_ARG(um_buf_view(&b)), UM_STR_ARG(want));
    um_buf_fini(&b);
    if (out->kind == UM_CONTROL_CHANGE)
        rig_keep(&p->rig);
    p->checked++;
}

static void block(struct page *p, struct um_str kind, struct um_str text)
{
    if (um_str_eq(kind, UM_STR("```json document")))
        rig_document(&p->rig, text);
    else if (um_str_eq(kind, UM_STR("```http request")))
        request(p, text);
    else if (um_str_eq(kind, UM_STR("```http answer")))
        answer(p, text);
    else
        fail_msg("a block of no kind: %.*s", UM_STR_ARG(kind));
}

static void test_examples(void **state)
{
    char *text = read_file();
    struct um_str rest = um_str(text);
    struct page p = {.checked = 0};

    (void)state;
    rig_init(&p.rig, "{\"base\":{}}");
    p.rig.node.flavour = UM_STANDIN_FREEUNIT;
    p.rig.node.facts.label_count = 0;
    p.rig.state.revision = UM_STR("r42.9f3c");
    while (rest.len > 0) {
        struct um_str line = line_of(&rest);
        struct um_str from = rest;

        if (!um_str_starts(line, UM_STR("```")))
            continue;
        while (rest.len > 0 && !um_str_starts(rest, UM_STR("```")))
            (void)line_of(&rest);
        block(&p, line, um_str_head(from, (size_t)(rest.p - from.p)));
        (void)line_of(&rest);
    }
    assert_true(p.checked >= 14);
    rig_fini(&p.rig);
    free(text);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_examples),
    };

    if (argc != 2)
        return 2;
    file = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
