/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See probes.h. Happy path: each member by its row of the table. Failure modes:
 * a member that there is not, or that is something else. A text for which a
 * variable has a say is read when that was put in.
 */
#include "mesh/doc/probes.h"

#include <assert.h>
#include <stdio.h>

#include "mesh/base/buf.h"
#include "mesh/doc/pointer.h"
#include "p2p/err.h"

enum { SECONDS_MAX = 3600, TIMEOUT_MAX = 60, FAILURES_MAX = 100 };

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
}

bool um_probe_name(struct um_str s)
{
    if (s.len == 0 || s.len > UM__CAP_DOC_PROBE_NAME_BYTES)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        if (!is_name_char(s.p[i]))
            return false;
    }
    return true;
}

/* A text that goes into a request, or into words about it. */
static bool take_text(const struct um_val *v, struct um_str *out)
{
    if (v->kind != UM_VAL_STRING || v->text.len > UM__CAP_DOC_PROBE_TEXT_BYTES)
        return false;
    for (size_t i = 0; i < v->text.len; i++) {
        if (v->text.p[i] <= ' ' || v->text.p[i] >= 127)
            return false;
    }
    *out = v->text;
    return true;
}

static bool take_number(const struct um_val *v, unsigned most, unsigned *out)
{
    int64_t n = v->kind == UM_VAL_NUMBER ? um_str_decimal(v->text) : -1;

    if (n < 1 || n > (int64_t)most)
        return false;
    *out = (unsigned)n;
    return true;
}

static const char *take_listener(const struct um_val *v, struct um_probe *p)
{
    struct um_addr addr;

    return take_text(v, &p->listener) && um_addr_parse(p->listener, true, &addr)
               ? NULL
               : "A probe's listener is an address, as in \"listeners\".";
}

static const char *take_path(const struct um_val *v, struct um_probe *p)
{
    return take_text(v, &p->path) && um_str_starts(p->path, UM_STR("/")) &&
                   !um_str_has(p->path, '#')
               ? NULL
               : "A probe's path begins with a slash, and is ASCII without "
                 "blanks.";
}

static const char *take_host(const struct um_val *v, struct um_probe *p)
{
    bool ok = take_text(v, &p->host) && p->host.len > 0;

    for (size_t i = 0; ok && i < p->host.len; i++) {
        ok = is_name_char(p->host.p[i]) || strchr(":[]", p->host.p[i]) != NULL;
    }
    return ok ? NULL : "A probe's host is a name or an address.";
}

static bool is_status(int64_t n)
{
    return n >= 100 && n <= 599;
}

/* 204, or "200-299". */
static const char *take_status(const struct um_val *v, struct um_probe *p)
{
    int64_t from = -1, to = -1;

    if (v->kind == UM_VAL_NUMBER) {
        from = to = um_str_decimal(v->text);
    } else if (v->kind == UM_VAL_STRING) {
        size_t dash = um_str_find(v->text, '-');

        from = um_str_decimal(um_str_head(v->text, dash));
        to = um_str_decimal(um_str_skip(v->text, dash + 1));
    }
    if (!is_status(from) || !is_status(to) || from > to)
        return "A probe's status is a number, or two: \"200-399\".";
    p->status_min = (unsigned)from;
    p->status_max = (unsigned)to;
    return NULL;
}

static const char *take_interval(const struct um_val *v, struct um_probe *p)
{
    return take_number(v, SECONDS_MAX, &p->interval_s)
               ? NULL
               : "A probe's interval is 1 to 3600 seconds.";
}

static const char *take_timeout(const struct um_val *v, struct um_probe *p)
{
    return take_number(v, TIMEOUT_MAX, &p->timeout_s)
               ? NULL
               : "A probe's timeout is 1 to 60 seconds.";
}

static const char *take_failures(const struct um_val *v, struct um_probe *p)
{
    return take_number(v, FAILURES_MAX, &p->failures)
               ? NULL
               : "A probe's failures are 1 to 100.";
}

static const struct part {
    struct um_str name;
    struct um_str pointer;
    const char *(*take)(const struct um_val *v, struct um_probe *p);
} parts[] = {
    {UM_STR_INIT("listener"), UM_STR_INIT("/listener"), take_listener},
    {UM_STR_INIT("path"), UM_STR_INIT("/path"), take_path},
    {UM_STR_INIT("host"), UM_STR_INIT("/host"), take_host},
    {UM_STR_INIT("status"), UM_STR_INIT("/status"), take_status},
    {UM_STR_INIT("interval"), UM_STR_INIT("/interval"), take_interval},
    {UM_STR_INIT("timeout"), UM_STR_INIT("/timeout"), take_timeout},
    {UM_STR_INIT("failures"), UM_STR_INIT("/failures"), take_failures},
};

/* Whether a variable has a say in a value. */
static bool is_open(const struct um_val *v)
{
    size_t at;

    if (v->kind != UM_VAL_STRING)
        return false;
    at = um_str_find(v->text, '{');
    return um_str_starts(um_str_skip(v->text, at), UM_STR("{{"));
}

static int fail(struct um_doc_error *err, const char *text,
                struct um_str pointer)
{
    um_doc_error_at(err, text, pointer);
    return P2P_EFORMAT;
}

/* There is no such member. */
static int fail_unknown(struct um_arena *a, struct um_str name,
                        struct um_doc_error *err)
{
    struct um_buf pointer = UM_BUF_INIT;
    struct um_str kept;
    bool ok;

    um_pointer_add(&pointer, name);
    ok = !um_buf_failed(&pointer) &&
         um_arena_dup(a, um_buf_view(&pointer), &kept);
    um_buf_fini(&pointer);
    return ok ? fail(err,
                     "A probe has listener, path, host, status, interval, "
                     "timeout and failures only.",
                     kept)
              : P2P_ENOMEM;
}

int um_probe_read(struct um_arena *a, const struct um_member *m, bool open,
                  struct um_probe *out, struct um_doc_error *err)
{
    const struct part *end = parts + sizeof parts / sizeof *parts;
    bool aimed = false;

    *out = (struct um_probe){.name = m->name,
                             .path = UM_STR("/"),
                             .status_min = 200,
                             .status_max = 399,
                             .interval_s = 10,
                             .timeout_s = 2,
                             .failures = 3};
    if (m->value.kind != UM_VAL_OBJECT)
        return fail(err, "A probe is an object.", UM_STR(""));
    for (size_t i = 0; i < m->value.count; i++) {
        const struct um_member *at = &m->value.members.p[i];
        const struct part *part = parts;
        const char *why;

        while (part < end && !um_str_eq(part->name, at->name))
            part++;
        if (part == end)
            return fail_unknown(a, at->name, err);
        aimed = aimed || part == parts;
        why = open && is_open(&at->value) ? NULL : part->take(&at->value, out);
        if (why != NULL)
            return fail(err, why, part->pointer);
    }
    return aimed ? 0 : fail(err, "A probe names a listener.", UM_STR(""));
}

/* All addresses of a family: one of them is this machine's own, always. */
static bool is_any(const struct um_addr *a)
{
    size_t n = a->kind == UM_ADDR_IP4 ? 4 : sizeof a->ip;

    for (size_t i = 0; i < n; i++) {
        if (a->ip[i] != 0)
            return false;
    }
    return true;
}

/* As it was understood, not as it was written: others read 010.0.0.1 as Unit
 * does not. */
static void write_authority(const struct um_addr *a,
                            struct um_probe_target *out)
{
    const uint8_t *b = a->ip;
    size_t cap = sizeof out->authority, at = 0;
    char *to = out->authority;

    if (is_any(a)) {
        (void)snprintf(to, cap, "%s:%u",
                       a->kind == UM_ADDR_IP4 ? "127.0.0.1" : "[::1]",
                       (unsigned)a->port);
        return;
    }
    if (a->kind == UM_ADDR_IP4) {
        (void)snprintf(to, cap, "%u.%u.%u.%u:%u", b[0], b[1], b[2], b[3],
                       (unsigned)a->port);
        return;
    }
    for (size_t i = 0; i < sizeof a->ip; i += 2)
        at += (size_t)snprintf(to + at, cap - at, "%c%x", i == 0 ? '[' : ':',
                               (unsigned)(b[i] << 8 | b[i + 1]));
    (void)snprintf(to + at, cap - at, "]:%u", (unsigned)a->port);
    assert(at < cap);
}

const char *um_probe_aim(const struct um_probe *p, const struct um_val *config,
                         struct um_probe_target *out)
{
    const struct um_val *all = um_val_member(config, UM_STR("listeners"));
    const struct um_val *listener =
        all != NULL ? um_val_member(all, p->listener) : NULL;
    struct um_addr a;

    *out = (struct um_probe_target){.authority = "localhost"};
    if (listener == NULL || !um_addr_parse(p->listener, true, &a))
        return "this node has no such listener";
    out->tls = um_val_member(listener, UM_STR("tls")) != NULL;
    if (a.kind == UM_ADDR_UNIX && a.abstract)
        return "its listener has no path";
    if (a.kind == UM_ADDR_UNIX) {
        assert(a.path_len < sizeof out->socket);
        memcpy(out->socket, a.path, a.path_len);
    } else {
        write_authority(&a, out);
    }
    return NULL;
}
