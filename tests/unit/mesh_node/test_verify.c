/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the look at a store finds, and how it names it. */
#include "mesh/node/verify.h"

#include <stdio.h>
#include <string.h>

#include "p2p/err.h"
#include "rig.h"
#include "small_mesh.h"
#include "unit.h"

/* The lines that were said, one after the other. */
struct heard {
    char text[8192];
    size_t len;
    unsigned lines;
};

static void hear(void *user, const char *line)
{
    struct heard *h = user;

    h->len += (size_t)snprintf(h->text + h->len, sizeof h->text - h->len,
                               "%s\n", line);
    assert_true(h->len < sizeof h->text);
    h->lines++;
}

/* Writes a store with a flaw and looks at it in a mode. */
static int look(enum small_flaw flaw, enum um_store_mode mode, struct heard *h,
                struct um_verified *out)
{
    const struct um_store_ear ear = {h, hear};
    struct rig g;
    int err;

    memset(h, 0, sizeof *h);
    rig_init(&g);
    small_mesh_write(&g.s, flaw);
    um_store_close(&g.s);
    assert_int_equal(um_store_open(&g.s, g.path, mode), 0);
    err = um_verify_store(&g.s, &ear, out);
    rig_fini(&g);
    return err;
}

static void test_all_holds(void **state)
{
    static const enum um_store_mode modes[] = {UM_STORE_READ,
                                               UM_STORE_EXISTING};
    struct um_verified v;
    struct heard h;

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        int err = look(SMALL_WELL, modes[i], &h, &v);

        assert_string_equal(h.text, "");
        assert_int_equal(err, 0);
        assert_false(um_name_none(&v.mesh));
        assert_int_equal(v.statements, 3);
        assert_int_equal(v.revisions, 5);
        assert_int_equal(v.facts, 1);
        assert_int_equal(v.aside, 1);
        assert_int_equal(v.documents, 4); /* that of r3 is not here */
        assert_int_equal(v.rows, 2);
    }
}

/* Each flaw, and what is said of it. */
static const struct {
    enum small_flaw flaw;
    unsigned lines;
    const char *words;
} says[] = {
    {SMALL_SIGNATURE, 1, "item 5, revision %: its signature is wrong"},
    {SMALL_FORGED, 1, "item 5, revision %: signed by another than it names"},
    {SMALL_ORDER, 1, "item 6, revision %: not before it: the revision %"},
    {SMALL_STRANGER, 1,
     "item 9, revision %: not before it: a grant of the "
     "right to it, to %"},
    {SMALL_NUMBER, 1, "item 9, revision %: can never be accepted"},
    {SMALL_ABROAD, 1, "item 7, fact %: of another mesh"},
    {SMALL_GAP, 1, "damaged: the items 4 to 4 are missing"},
    {SMALL_ROW_SUM, 2, "an item differs from its checksum"},
    {SMALL_LENGTH, 1, "revision %: its document has 13 bytes, not 14"},
    {SMALL_BYTES, 2, "revision %: its document: "},
    {SMALL_ROW, 1, "the row of %: of another member"},
    {SMALL_ROW_SIGNATURE, 1, "the row of %: its signature is wrong"},
    {SMALL_ROW_ABROAD, 1, "the row of %: of another mesh"},
    {SMALL_ROW_SEQ, 1, "the row of %: its seq is another"},
    {SMALL_ASIDE, 1, "aside: item 1, revision %: its signature is wrong"},
    {SMALL_OWN, 1, "the node's own record: not of its form"},
    {SMALL_SHOWN, 2, "shown: row 1 differs from its checksum"},
    {SMALL_NO_MESH, 1, "item 1, statement %: the node knows of no mesh"},
};

/* Whether a text has the words at a place; % is a name. */
static bool fits(const char *text, const char *words)
{
    for (; *words != '\0'; words++) {
        if (*words != '%' && *text++ != *words)
            return false;
        if (*words == '%') {
            size_t n = strspn(text, "0123456789abcdef");

            if (n != 64)
                return false;
            text += n;
        }
    }
    return true;
}

static bool has(const char *text, const char *words)
{
    while (*text != '\0' && !fits(text, words))
        text++;
    return *text != '\0';
}

static void test_each_flaw_is_named(void **state)
{
    const size_t n = sizeof says / sizeof says[0];
    struct um_verified v;
    struct heard h;

    (void)state;
    assert_int_equal(n, SMALL_FLAWS - 2); /* the others are well */
    for (size_t i = 0; i < n; i++) {
        int err = look(says[i].flaw, UM_STORE_READ, &h, &v);

        if (err != P2P_EFORMAT || h.lines != says[i].lines ||
            !has(h.text, says[i].words))
            fail_msg("%s: %d, %u lines: %s", small_flaw_text(says[i].flaw), err,
                     h.lines, h.text);
    }
}

static void test_a_node_of_no_mesh(void **state)
{
    struct um_verified v;
    struct heard h;

    (void)state;
    assert_int_equal(look(SMALL_EMPTY, UM_STORE_READ, &h, &v), 0);
    assert_true(um_name_none(&v.mesh));
    assert_int_equal(h.lines, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_holds),
        cmocka_unit_test(test_each_flaw_is_named),
        cmocka_unit_test(test_a_node_of_no_mesh),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
