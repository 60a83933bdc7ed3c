/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See hooks.h. A message of mesh/base/pb.h: the version, the last number, hooks
 * and events, each a message of its own. The file that it is in has a sum.
 */
#include <stdio.h>
#include <string.h>

#include "mesh/base/mem.h"
#include "mesh/base/pb.h"
#include "mesh/hook/hooks.h"
#include "p2p/err.h"

enum { F_VERSION = 1, F_LAST = 2, F_HOOKS = 3, F_EVENTS = 4 };

enum {
    F_NAME = 1,
    F_URL = 2,
    F_SECRET = 3,
    F_WORDS = 4,
    F_MADE = 5,
    F_LINK = 6,
    F_OFF = 7,
    F_NEXT = 8,
    F_TRIES = 9,
    F_SINCE = 10,
    F_DELIVERED = 11,
    F_FAILED = 12,
    F_DROPPED = 13,
    F_STATUS = 14,
    F_AT = 15,
    F_ERROR = 16
};

enum { F_NUMBER = 1, F_WALL = 2, F_WORD = 3, F_BODY = 4 };

#define VERSION 1

#define LISTS (UINT64_C(1) << F_HOOKS | UINT64_C(1) << F_EVENTS)

static void write_hook(const struct um_hook *k, struct um_buf *out)
{
    um_pb_put_str(out, F_NAME, um_str(k->name));
    um_pb_put_str(out, F_URL, um_str(k->url));
    um_pb_put_str(out, F_SECRET, um_str(k->secret));
    um_pb_put_str(out, F_WORDS, um_str(k->events));
    um_pb_put_num(out, F_MADE, k->made_ms);
    um_pb_put_num(out, F_LINK, k->link_local);
    um_pb_put_num(out, F_OFF, k->off);
    um_pb_put_num(out, F_NEXT, k->next);
    um_pb_put_num(out, F_TRIES, k->tries);
    um_pb_put_num(out, F_SINCE, k->since_ms);
    um_pb_put_num(out, F_DELIVERED, k->delivered);
    um_pb_put_num(out, F_FAILED, k->failed);
    um_pb_put_num(out, F_DROPPED, k->dropped);
    um_pb_put_num(out, F_STATUS, k->status);
    um_pb_put_num(out, F_AT, k->last_ms);
    um_pb_put_str(out, F_ERROR, um_str(k->error));
}

static void write_event(const struct um_hook_event *e, struct um_buf *out)
{
    um_pb_put_num(out, F_NUMBER, e->number);
    um_pb_put_num(out, F_WALL, e->wall_ms);
    um_pb_put_str(out, F_WORD, um_str(e->word));
    um_pb_put_bytes(out, F_BODY, e->body, e->len);
}

void um_hooks_write(const struct um_hooks *h, struct um_buf *out)
{
    struct um_buf one = UM_BUF_INIT;

    um_pb_put_num(out, F_VERSION, VERSION);
    um_pb_put_num(out, F_LAST, h->last);
    for (size_t i = 0; i < h->n; i++) {
        um_buf_clear(&one);
        write_hook(h->list[i], &one);
        um_pb_put_str(out, F_HOOKS, um_buf_view(&one));
    }
    for (size_t i = 0; i < h->queued; i++) {
        um_buf_clear(&one);
        write_event(h->queue[(h->first + i) % UM__CAP_HOOKS_QUEUED], &one);
        um_pb_put_str(out, F_EVENTS, um_buf_view(&one));
    }
    out->failed = out->failed || um_buf_failed(&one);
    um_buf_fini(&one);
}

/* A text with its end. */
static void read_text(struct um_pb *m, unsigned field, char *out, size_t cap)
{
    struct um_str s;

    um_pb_text(m, field, cap - 1, &s);
    if (m->err == 0) {
        (void)snprintf(out, cap, "%.*s", UM_STR_ARG(s));
    }
}

static uint64_t read_number(struct um_pb *m, unsigned field, uint64_t max)
{
    uint64_t n;

    um_pb_num(m, field, max, &n);
    return m->err == 0 ? n : 0;
}

static int read_hook(struct um_hooks *h, struct um_str bytes)
{
    struct um_hook k;
    struct um_pb m;
    int err;

    memset(&k, 0, sizeof k);
    (void)um_pb_read(&m, bytes);
    read_text(&m, F_NAME, k.name, sizeof k.name);
    read_text(&m, F_URL, k.url, sizeof k.url);
    read_text(&m, F_SECRET, k.secret, sizeof k.secret);
    read_text(&m, F_WORDS, k.events, sizeof k.events);
    k.made_ms = read_number(&m, F_MADE, UM_PB_NUM_MAX);
    k.link_local = read_number(&m, F_LINK, 1) != 0;
    um_pb_need(&m,
               k.name[0] != '\0' && k.url[0] != '\0' && k.secret[0] != '\0');
    err = m.err != 0 ? m.err : um_hooks_add(h, &k);
    if (err == 0) {
        struct um_hook *made = h->list[h->n - 1];

        made->off = read_number(&m, F_OFF, 1) != 0;
        made->next = read_number(&m, F_NEXT, UM_PB_NUM_MAX);
        made->tries = (uint32_t)read_number(&m, F_TRIES, UINT32_MAX);
        made->since_ms = read_number(&m, F_SINCE, UM_PB_NUM_MAX);
        made->delivered = read_number(&m, F_DELIVERED, UM_PB_NUM_MAX);
        made->failed = read_number(&m, F_FAILED, UM_PB_NUM_MAX);
        made->dropped = read_number(&m, F_DROPPED, UM_PB_NUM_MAX);
        made->status = (uint32_t)read_number(&m, F_STATUS, UINT32_MAX);
        made->last_ms = read_number(&m, F_AT, UM_PB_NUM_MAX);
        read_text(&m, F_ERROR, made->error, sizeof made->error);
        err = m.err;
    }
    return err == P2P_ENOMEM ? err : err != 0 ? P2P_EFORMAT : 0;
}

static int read_event(struct um_hooks *h, struct um_str bytes)
{
    char word[UM_HOOK_WORD_BYTES] = "";
    struct um_str body;
    struct um_pb m;
    uint64_t number, wall_ms;

    (void)um_pb_read(&m, bytes);
    number = read_number(&m, F_NUMBER, UM_PB_NUM_MAX);
    wall_ms = read_number(&m, F_WALL, UM_PB_NUM_MAX);
    read_text(&m, F_WORD, word, sizeof word);
    um_pb_bytes(&m, F_BODY, UM__CAP_HOOK_EVENT_BYTES, &body);
    um_pb_need(&m, number > h->last && body.len > 0);
    if (m.err == 0) {
        um_hooks_happened(h, number, wall_ms, word, body);
    }
    return m.err;
}

int um_hooks_read(struct um_hooks *h, struct um_str bytes)
{
    struct um_str hooks, events, one;
    struct um_pb m;
    uint64_t last;
    int err;

    (void)um_pb_read_lists(&m, bytes, LISTS);
    if (read_number(&m, F_VERSION, UM_PB_NUM_MAX) > VERSION) {
        return P2P_ENOTSUP;
    }
    um_pb_need(&m, m.num[F_VERSION] == VERSION);
    last = read_number(&m, F_LAST, UM_PB_NUM_MAX);
    um_pb_bytes(&m, F_HOOKS, SIZE_MAX, &hooks);
    um_pb_bytes(&m, F_EVENTS, SIZE_MAX, &events);
    err = m.err;
    while (err == 0 && um_pb_list_next(&hooks, &one)) {
        err = read_hook(h, one);
    }
    while (err == 0 && um_pb_list_next(&events, &one)) {
        err = read_event(h, one);
    }
    if (err == 0 && last < h->last) {
        err = P2P_EFORMAT;
    }
    um_hooks_settle(h);
    h->last = last;
    h->dirty = false;
    return err;
}
