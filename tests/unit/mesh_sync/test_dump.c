/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A mesh as a file: what was written is read, in pieces of any size; and what
 * was not is none. */
#include "mesh/sync/dump.h"

#include <stdlib.h>
#include <string.h>

#include "p2p/err.h"
#include "unit.h"

static const struct {
    enum um_dump_what what;
    const char *bytes;
} records[] = {{UM_DUMP_STATEMENT, "genesis"},
               {UM_DUMP_STATEMENT, "a grant"},
               {UM_DUMP_REVISION, "r1"},
               {UM_DUMP_FACT, "confirm"},
               {UM_DUMP_DOCUMENT, "{\"base\":{}}"}};

#define RECORDS (sizeof records / sizeof *records)

static struct um_name mesh_id(void)
{
    struct um_name n;

    memset(n.b, 7, sizeof n.b);
    return n;
}

/* A file of these records. */
static void write_it(struct um_buf *out)
{
    struct um_name mesh = mesh_id();
    struct um_dump_sum w;

    um_buf_clear(out);
    um_dump_begin(&w, &mesh, 1764000000000, out);
    for (size_t i = 0; i < RECORDS; i++)
        assert_int_equal(
            um_dump_add(&w, records[i].what, um_str(records[i].bytes), out), 0);
    um_dump_end(&w, out);
    assert_false(um_buf_failed(out));
}

/* Reads a file in pieces; how many records were right, or the error. */
static int read_it(const char *p, size_t len, size_t piece, bool *whole)
{
    struct um_name mesh = mesh_id();
    struct um_dump_record r;
    struct um_dump d;
    int n = 0, got = 0;

    um_dump_open(&d);
    for (size_t at = 0; at < len && got >= 0; at += piece) {
        struct um_str in =
            um_str_n(p + at, len - at < piece ? len - at : piece);

        while ((got = um_dump_next(&d, &in, &r)) == 1) {
            if (r.what == UM_DUMP_BEGIN) {
                assert_true(um_name_eq(&r.mesh, &mesh));
                assert_int_equal(r.wall_ms, 1764000000000);
            } else if (r.what != UM_DUMP_END) {
                assert_true((size_t)n < RECORDS);
                assert_int_equal(r.what, records[n].what);
                assert_true(um_str_eq(r.bytes, um_str(records[n++].bytes)));
            }
        }
    }
    *whole = um_dump_whole(&d);
    um_dump_fini(&d);
    return got < 0 ? got : n;
}

static void test_what_is_written_is_read(void **state)
{
    struct um_buf b = UM_BUF_INIT;
    bool whole;

    (void)state;
    write_it(&b);
    for (size_t piece = 1; piece <= b.len; piece++) {
        assert_int_equal(read_it(b.p, b.len, piece, &whole), RECORDS);
        assert_true(whole);
    }
    um_buf_fini(&b);
}

/* Each byte that is another one, and each end that is another one, is
 * noticed, at the end at the latest. */
static void test_no_byte_is_another_one(void **state)
{
    struct um_buf b = UM_BUF_INIT;
    struct um_dump_record r;
    struct um_dump d;
    bool whole;

    (void)state;
    write_it(&b);
    for (size_t i = 0; i < b.len; i++) {
        struct um_str in = um_buf_view(&b);
        int got;

        b.p[i] ^= 1;
        um_dump_open(&d);
        while ((got = um_dump_next(&d, &in, &r)) == 1)
            ;
        assert_true(got < 0 || !um_dump_whole(&d));
        um_dump_fini(&d);
        b.p[i] ^= 1;
    }
    for (size_t i = 0; i < b.len; i++) {
        (void)read_it(b.p, i, b.len, &whole);
        assert_false(whole);
    }
    um_buf_fini(&b);
}

static int first_error(const char *bytes, size_t len)
{
    struct um_str in = um_str_n(bytes, len);
    struct um_dump_record r;
    struct um_dump d;
    int got;

    um_dump_open(&d);
    while ((got = um_dump_next(&d, &in, &r)) == 1)
        ;
    um_dump_fini(&d);
    return got;
}

static void test_files_that_are_none(void **state)
{
    struct um_buf b = UM_BUF_INIT, twice = UM_BUF_INIT;
    size_t len;

    (void)state;
    assert_int_equal(first_error("{}", 2), 0); /* half a record */
    assert_int_equal(first_error("\x02{}", 3), P2P_EFORMAT);
    assert_int_equal(first_error("\x03\x12\x01x", 4),
                     P2P_EFORMAT); /* no BEGIN */
    assert_int_equal(first_error("\x04\x0a\x02\x08\x02", 5), P2P_ENOTSUP);
    assert_int_equal(first_error("\x04\x0a\x02\x08\x01", 5), P2P_EFORMAT);
    write_it(&b);
    len = b.len; /* something behind the end; a second file behind the first */
    write_it(&twice);
    um_buf_str(&b, um_buf_view(&twice));
    assert_int_equal(first_error(b.p, b.len), P2P_EFORMAT);
    b.len = len;
    um_buf_str(&b, UM_STR("\x03\x12\x01x"));
    assert_int_equal(first_error(b.p, b.len), P2P_EFORMAT);
    um_buf_fini(&b);
    um_buf_fini(&twice);
}

static void test_records_have_an_end(void **state)
{
    struct um_buf b = UM_BUF_INIT, bytes = UM_BUF_INIT;
    struct um_name mesh = mesh_id();
    struct um_dump_sum w;
    size_t head = 5; /* its field, and a length of four bytes */

    (void)state;
    um_dump_begin(&w, &mesh, 1, &b);
    um_buf_fill(&bytes, 'x', UM__CAP_DUMP_RECORD_BYTES - head);
    assert_int_equal(um_dump_add(&w, UM_DUMP_DOCUMENT, um_buf_view(&bytes), &b),
                     0);
    assert_int_equal(first_error(b.p, b.len), 0);
    um_buf_byte(&bytes, 'x');
    assert_int_equal(um_dump_add(&w, UM_DUMP_DOCUMENT, um_buf_view(&bytes), &b),
                     P2P_ETOOBIG);
    assert_int_equal(um_dump_add(&w, UM_DUMP_DOCUMENT, um_str_n("", 0), &b),
                     P2P_EINVAL);
    um_buf_clear(&b);
    um_dump_begin(&w, &mesh, 1, &b);
    um_pb_put_varint(&b, UM__CAP_DUMP_RECORD_BYTES + 1);
    assert_int_equal(first_error(b.p, b.len), P2P_ETOOBIG);
    um_buf_fini(&b);
    um_buf_fini(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_written_is_read),
        cmocka_unit_test(test_no_byte_is_another_one),
        cmocka_unit_test(test_files_that_are_none),
        cmocka_unit_test(test_records_have_an_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
