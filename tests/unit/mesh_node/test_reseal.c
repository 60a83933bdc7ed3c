/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What is secret in a document, sealed anew for those who are members now. */
#include "mesh/node/reseal.h"

#include <stdio.h>
#include <string.h>

#include "crew.h"
#include "mesh/doc/parse.h"
#include "mesh/node/papers.h"
#include "p2p/err.h"
#include "unit.h"

enum { TEXT = 2048 };

#define PLAIN "{\"base\":{\"routes\":[]},\"variables\":{\"port\":80}}"

/* The hash that a document has at /PART/NAME/sealed. */
static struct um_name hash_at(struct um_str document, const char *part,
                              const char *name)
{
    struct um_arena a = UM_ARENA_INIT;
    struct um_name hash;
    struct um_val v;
    const struct um_val *at;

    assert_int_equal(um_doc_parse(document, &a, &v, NULL), 0);
    at = um_val_member(&v, um_str(part));
    assert_non_null(at);
    at = um_val_member(at, um_str(name));
    assert_non_null(at);
    at = um_val_member(at, UM_STR("sealed"));
    assert_non_null(at);
    assert_true(um_vault_hash(at->text, &hash));
    um_arena_fini(&a);
    return hash;
}

/* Opens what a node has under a hash with any key; its text, or the error. */
static int opens(struct mate *m, const struct um_name *hash, unsigned key,
                 const char *want)
{
    struct um_buf out = UM_BUF_INIT;
    struct um_sealed s;
    struct um_str bytes;
    int rv;

    assert_int_equal(um_papers_get(m->node->papers, hash, &bytes), 0);
    assert_int_equal(um_sealed_read(bytes, &s), 0);
    rv = um_sealed_open(&s, m->crew->keys[key], NULL, &out);
    if (rv == 0)
        assert_true(um_str_eq(um_buf_view(&out), um_str(want)));
    um_buf_fini(&out);
    return rv;
}

/* A document with a certificate and a secret variable, sealed by a mate. */
static void write_document(struct mate *m, char doc[TEXT])
{
    char cert[UM_NAME_TEXT_MAX], word[UM_NAME_TEXT_MAX];
    struct um_name a, b;

    assert_int_equal(
        um_node_seal(m->node, UM_STR("certificates/site"), UM_STR("PEM"), &a),
        0);
    assert_int_equal(
        um_node_seal(m->node, UM_STR("variables/word"), UM_STR("\"s3\""), &b),
        0);
    (void)snprintf(doc, TEXT,
                   "{\"base\":{\"routes\":[]},\"certificates\":{\"site\":{"
                   "\"sealed\":\"%s\"}},\"js_modules\":{\"lib\":\"%s\"},"
                   "\"variables\":{\"port\":80,\"word\":{\"sealed\":\"%s\"},"
                   "\"more\":{\"a\":1}}}",
                   um_name_text(&a, cert), um_name_text(&a, cert),
                   um_name_text(&b, word));
}

static void revoke(struct mate *owner, const struct um_name *key)
{
    mate_state(owner, (struct um_statement){.what = UM_REVOKE, .key = *key});
}

/* Who left has no slot in the new ones, and all else is as it was. */
static void test_who_left(void **state)
{
    struct crew *c = crew_of(2, PLAIN);
    struct mate *a = &c->mates[0];
    char doc[TEXT];
    struct um_reseal r;
    struct um_name site, word, was;
    struct um_buf want = UM_BUF_INIT;

    (void)state;
    write_document(a, doc);
    assert_int_equal(um_reseal_make(a->node, um_str(doc), &r), 0);
    assert_null(r.document.p); /* all are members */
    assert_int_equal(r.sealed_n + r.left_n, 0);
    um_reseal_fini(&r);
    revoke(a, &c->names[1]);
    assert_int_equal(um_reseal_ready(a->node, um_str(doc)), 0);
    assert_int_equal(um_reseal_make(a->node, um_str(doc), &r), 0);
    assert_int_equal(r.left_n, 0);
    assert_int_equal(r.sealed_n, 2);
    assert_true(um_str_eq(r.sealed[0], UM_STR("certificates/site")));
    assert_true(um_str_eq(r.sealed[1], UM_STR("variables/word")));
    site = hash_at(r.document, "certificates", "site");
    word = hash_at(r.document, "variables", "word");
    assert_int_equal(opens(a, &site, 0, "PEM"), 0);
    assert_int_equal(opens(a, &word, 0, "\"s3\""), 0);
    assert_int_equal(opens(a, &site, 1, ""), P2P_EACCES);
    assert_int_equal(opens(a, &word, 1, ""), P2P_EACCES);
    was = hash_at(um_str(doc), "variables", "word");
    assert_int_equal(opens(a, &was, 1, "\"s3\""), 0);
    /* Nothing else is another. */
    assert_int_equal(r.document.len, strlen(doc));
    um_buf_str(&want, r.document);
    for (size_t i = 0, n = 0; i < want.len; i++) {
        n += want.p[i] != doc[i];
        assert_true(n <= 2 * 64);
    }
    um_buf_fini(&want);
    /* What was sealed anew is current. */
    (void)snprintf(doc, sizeof doc, "%.*s", UM_STR_ARG(r.document));
    um_reseal_fini(&r);
    assert_int_equal(um_reseal_make(a->node, um_str(doc), &r), 0);
    assert_null(r.document.p);
    um_reseal_fini(&r);
    crew_free(c);
}

/* Who came later has a slot of its own from then on. */
static void test_who_came_later(void **state)
{
    struct crew *c = crew_of(1, PLAIN);
    struct mate *a = &c->mates[0], *late;
    char doc[TEXT];
    struct um_reseal r;
    struct um_name word;

    (void)state;
    write_document(a, doc);
    late = crew_join(c);
    assert_int_equal(um_reseal_make(a->node, um_str(doc), &r), 0);
    word = hash_at(r.document, "variables", "word");
    assert_int_equal(opens(a, &word, late->no, "\"s3\""), 0);
    um_reseal_fini(&r);
    crew_free(c);
}

/* What this node cannot open stays as it is; what is not here is asked for. */
static void test_what_cannot_be_sealed(void **state)
{
    const uint8_t entropy[32] = {1};
    struct crew *c = crew_of(1, PLAIN);
    struct mate *a = &c->mates[0];
    const struct um_sealed_plan plan = {.mesh = c->mesh,
                                        .name = UM_STR("variables/word"),
                                        .content = UM_STR("1"),
                                        .members = {&c->names[KEY_STRANGER], 1},
                                        .entropy = entropy};
    struct um_buf bytes = UM_BUF_INIT;
    struct um_name object;
    struct um_reseal r;
    char doc[TEXT], hex[UM_NAME_TEXT_MAX];

    (void)state;
    assert_int_equal(um_sealed_make(&plan, &bytes), 0);
    assert_int_equal(
        um_papers_put(a->node->papers, um_buf_view(&bytes), &object), 0);
    um_buf_fini(&bytes);
    (void)snprintf(doc, sizeof doc,
                   "{\"base\":{},\"variables\":{\"word\":{\"sealed\":\"%s\"}}}",
                   um_name_text(&object, hex));
    assert_int_equal(um_reseal_make(a->node, um_str(doc), &r), 0);
    assert_null(r.document.p);
    assert_int_equal(r.sealed_n, 0);
    assert_int_equal(r.left_n, 1);
    assert_true(um_str_eq(r.left[0], UM_STR("variables/word")));
    um_reseal_fini(&r);
    object.b[0] ^= 1;
    (void)snprintf(doc, sizeof doc,
                   "{\"base\":{},\"variables\":{\"word\":{\"sealed\":\"%s\"}}}",
                   um_name_text(&object, hex));
    assert_int_equal(um_reseal_ready(a->node, um_str(doc)), P2P_ENOTFOUND);
    assert_int_equal(um_reseal_make(a->node, um_str(doc), &r), 0);
    assert_null(r.document.p);
    assert_int_equal(r.left_n, 1);
    um_reseal_fini(&r);
    assert_int_equal(um_reseal_ready(a->node, UM_STR("{}")), P2P_EFORMAT);
    assert_int_equal(um_reseal_make(a->node, UM_STR("{}"), &r), P2P_EFORMAT);
    um_reseal_fini(&r);
    crew_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_left),
        cmocka_unit_test(test_who_came_later),
        cmocka_unit_test(test_what_cannot_be_sealed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
