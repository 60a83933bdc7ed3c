/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Checks of configurations, a row each. */
#ifndef TESTS_UNIT_MESH_UNIT_CHECK_RIG_H
#define TESTS_UNIT_MESH_UNIT_CHECK_RIG_H

#include <string.h>

#include "mesh/standin/check.h"
#include "mesh/standin/parse.h"
#include "p2p/err.h"
#include "refusal.h"
#include "unit.h"

/* What a Unit says of a configuration; text NULL: nothing, it is fine. */
struct row {
    const char *conf;
    const char *text;
    const char *pointer;    /* freeunit only; NULL: not looked at */
    const char *suggestion; /* freeunit only; NULL: not looked at */
};

struct kind {
    bool freeunit;
    bool njs;
};

static const struct kind unit = {false, false};
static const struct kind unit_njs = {false, true};
static const struct kind freeunit = {true, false};

static inline bool is_there(const void *arg, struct um_str name)
{
    (void)arg;
    return um_str_eq(name, UM_STR("there"));
}

static const char modules_json[] =
    "{\"python\": {\"version\": \"3.11\"}, \"php\": {\"version\": \"8.1\"},"
    " \"perl\": {\"version\": \"5\"}, \"ruby\": {\"version\": \"3\"},"
    " \"java\": {\"version\": \"17\"}, \"wasm\": {\"version\": \"0\"},"
    " \"wasm-wasi-component\": {\"version\": \"0\"}}";

static inline void same(const struct row *r, const char *what,
                        struct um_str got, const char *want)
{
    if (want != NULL && !um_str_eq(got, um_str(want)))
        fail_msg("%s\n%s is: %.*s\nwant: %s", r->conf, what, (int)got.len,
                 got.p != NULL ? got.p : "", want);
}

/* What a Unit takes is not refused by the daemon's own checks, either. */
static inline void nobody_objects(const struct row *r)
{
    char room[256];
    const char *why = refusal_of(um_str(r->conf), room, sizeof room);

    if (why != NULL)
        fail_msg("%s\nis taken, but: %s", r->conf, why);
}

static inline void check_row(const struct row *r, struct kind kind)
{
    static const struct um_sjson_limits limits = {0, 0, 0};
    struct um_arena a = UM_ARENA_INIT;
    struct um_smodules modules;
    struct um_sjson_error err;
    struct um_sval conf;
    struct um_scheck ck = {.conf = &conf,
                           .freeunit = kind.freeunit,
                           .njs = kind.njs,
                           .modules = &modules,
                           .has_cert = is_there,
                           .has_script = is_there};
    int rc;

    um_smodules_init(&modules);
    assert_int_equal(um_smodules_load(&modules, um_str(modules_json)), 0);
    if (um_sjson_parse(um_str(r->conf), &limits, &a, &conf, &err) != 0)
        fail_msg("%s: %s at %zu", r->conf, err.detail, err.at);
    rc = um_scheck_run(&ck);
    same(r, "detail", um_buf_view(&ck.detail), r->text ? r->text : "");
    assert_int_equal(rc, r->text != NULL ? P2P_EFORMAT : 0);
    if (kind.freeunit && r->text != NULL) {
        same(r, "pointer", um_buf_view(&ck.pointer), r->pointer);
        same(r, "suggestion", ck.suggestion, r->suggestion);
    }
    if (rc == 0)
        nobody_objects(r);
    um_scheck_fini(&ck);
    um_smodules_fini(&modules);
    um_arena_fini(&a);
}

static inline void check_rows(const struct row *rows, size_t n,
                              struct kind kind)
{
    for (size_t i = 0; i < n; i++)
        check_row(&rows[i], kind);
}

/* Rows that both flavours answer alike. */
#define BOTH(rows)                                                  \
    do {                                                            \
        check_rows(rows, sizeof(rows) / sizeof(*(rows)), unit);     \
        check_rows(rows, sizeof(rows) / sizeof(*(rows)), freeunit); \
    } while (0)

#define ONLY(rows, kind) check_rows(rows, sizeof(rows) / sizeof(*(rows)), kind)

/* One row of a listener, an action, a match, an application, a setting. */
#define LISTENER(members) \
    "{\"listeners\": {\"*:80\": {" members "}}, \"routes\": []}"
#define ACTION(members) "{\"routes\": [{\"action\": {" members "}}]}"
#define MATCH(members)                    \
    "{\"routes\": [{\"match\": {" members \
    "}, \"action\": {\"return\": "        \
    "200}}]}"
#define APP(members)     "{\"applications\": {\"a\": {" members "}}}"
#define SETTING(members) "{\"settings\": {" members "}}"

#endif
