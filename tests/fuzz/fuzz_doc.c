/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Text as a document. What was read is printed and read again as the same, in
 * both forms; what was refused has Unit's words at Unit's place. The stand-in
 * of Unit, which reads on its own, is asked what those are.
 */
#include "doc_parts.h"

#include "mesh/standin/parse.h"
#include "mesh/standin/print.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Unit itself puts the members of larger objects into another order. */
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

static void same_text(const struct um_val *v, const struct um_sval *s)
{
    struct um_buf ours = UM_BUF_INIT;
    struct um_buf units = UM_BUF_INIT;

    must(um_doc_print(&ours, v) == 0);
    um_sjson_compact(&units, s);
    must(um_str_eq(um_buf_view(&ours), um_buf_view(&units)));
    um_buf_clear(&ours);
    um_buf_clear(&units);
    must(um_doc_print_pretty(&ours, v) == 0);
    um_sjson_pretty(&units, s);
    um_buf_text(&units, "\r\n");
    must(um_str_eq(um_buf_view(&ours), um_buf_view(&units)));
    um_buf_fini(&ours);
    um_buf_fini(&units);
}

static void same_mistake(const struct um_doc_error *ours,
                         const struct um_sjson_error *units, struct um_str text)
{
    size_t line = 0, column = 0;

    must(um_str_eq(um_str(ours->text), um_str(units->detail)));
    must(ours->at == units->at);
    if (!um_sjson_position(text, units->at, &line, &column))
        line = column = 0;
    must(ours->line == line && ours->column == column);
}

/* "-01" is a number to Unit and none to us. */
static bool is_minus_zero(const struct um_doc_error *err, struct um_str text)
{
    return err->at > 0 && err->at < text.len && text.p[err->at] == '0' &&
           text.p[err->at - 1] == '-';
}

/* A look says what reading says, but that a name comes twice. */
static void same_by_a_look(struct um_str text, int rc, const struct um_val *v,
                           const struct um_doc_error *err)
{
    struct um_doc_error seen;
    enum um_val_kind kind = UM_VAL_NULL;
    int look = um_doc_look(text, &kind, &seen);

    if (rc == 0) {
        must(look == 0 && kind == v->kind);
    } else if (strncmp(err->text, "Duplicate", 9) != 0) {
        must(look == rc && seen.text == err->text && seen.at == err->at);
    } else {
        must(look == 0 || seen.at > err->at);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct um_sjson_limits limits = {UM__CAP_DOC_DEPTH, 0, 0};
    struct um_str text = um_str_n((const char *)data, size);
    struct um_str bare = text;
    struct um_arena a = UM_ARENA_INIT;
    struct um_doc_error err;
    struct um_sjson_error unit_err;
    struct um_sval s;
    struct um_val v;
    int rc = um_doc_parse(text, &a, &v, &err);
    int unit_rc;

    same_by_a_look(text, rc, &v, &err);
    if (um_str_starts(text, UM_STR("\xef\xbb\xbf")))
        bare = um_str_skip(text, 3);
    unit_rc = um_sjson_parse(bare, &limits, &a, &s, &unit_err);
    if (rc == 0) {
        must(unit_rc == 0);
        must_be_document(&v);
        if (!has_big_object(&v))
            same_text(&v, &s);
    } else {
        must(rc == P2P_EFORMAT && err.has_pointer && err.at <= bare.len);
        if (!is_minus_zero(&err, bare)) {
            must(unit_rc == P2P_EFORMAT);
            same_mistake(&err, &unit_err, bare);
        }
    }
    um_arena_fini(&a);
    return 0;
}
