/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See rig.h. */
#include "rig.h"

#include <stdio.h>
#include <stdlib.h>

#include "hex.h"

#define OUT_BYTES (1U << 20)

static void run(struct p2p__job *job, p2p_ns now)
{
    (void)job;
    (void)now;
}

struct rig *rig_new(const struct p2p__sess_ops *ops, enum chunk_plan plan)
{
    struct rig *r = calloc(1, sizeof *r);

    assert_non_null(r);
    r->ops = ops;
    r->now = P2P__SEC(1000);
    r->out_cap = OUT_BYTES;
    r->out = malloc(OUT_BYTES);
    assert_non_null(r->out);
    p2p__quota_init(&r->quota, NULL, "conn");
    test_env_init(&r->env, 1);
    chunker_init(&r->chunker, plan, 7);
    p2p__runq_init(&r->runq, NULL);
    p2p__job_init(&r->job, &r->runq, run);
    return r;
}

struct p2p__sess_cfg rig_cfg(struct rig *r, bool dialer)
{
    return (struct p2p__sess_cfg){.dialer = dialer,
                                  .quota = &r->quota,
                                  .env = &r->env.env,
                                  .owner = &r->job};
}

void rig_free(struct rig *r)
{
    r->ops->fini(r->sess);
    p2p__quota_fini(&r->quota);
    p2p__job_fini(&r->job);
    free(r->out);
    free(r);
}

static void say(struct rig *r, const char *what, size_t name)
{
    int n = snprintf(r->text + r->text_len, sizeof r->text - r->text_len,
                     "%s %zu\n", what, name);

    assert_true(n > 0 && (size_t)n < sizeof r->text - r->text_len);
    r->text_len += (size_t)n;
    r->data_of = 0;
}

static void say_code(struct rig *r, const struct p2p__sess_ev *ev, size_t name)
{
    char what[64];

    (void)snprintf(what, sizeof what, "reset %zu code", name);
    if (ev->type == P2P__SESS_RESET && ev->code != 0) {
        say(r, what, (size_t)ev->code);
    } else if (ev->type == P2P__SESS_RESET) {
        say(r, "reset", name);
    } else {
        say(r, ev->type == P2P__SESS_PONG ? "pong" : "goaway",
            (size_t)ev->code);
    }
}

/* Long data is counted only, short data is shown. */
static void say_data(struct rig *r, const struct p2p__slice *d, size_t name)
{
    r->data_total += d->len;
    if (d->len + r->text_len + 64 > sizeof r->text) {
        return;
    }
    if (r->data_of == name) {
        r->text_len--;
    } else {
        say(r, "data", name);
        r->text[r->text_len - 1] = ' ';
    }
    memcpy(r->text + r->text_len, d->p, d->len);
    r->text_len += d->len;
    r->text[r->text_len++] = '\n';
    r->text[r->text_len] = '\0';
    r->data_of = name;
}

static size_t name_of(struct rig *r, const struct p2p__sess_ev *ev)
{
    if (ev->type == P2P__SESS_OPENED) {
        assert_true(r->opened + 1 < RIG_STREAMS);
        r->streams[++r->opened] = ev->stream;
        r->ops->set_user(r->sess, ev->stream, &r->streams[r->opened]);
        return r->opened;
    }
    return ev->user == NULL ? 0 : (size_t)((void **)ev->user - r->streams);
}

static void tell(struct rig *r, const struct p2p__sess_ev *ev)
{
    static const char *const plain[] = {
        [P2P__SESS_OPENED] = "opened",
        [P2P__SESS_WRITABLE] = "writable",
        [P2P__SESS_FIN] = "fin",
        [P2P__SESS_CLOSED] = "closed",
    };
    size_t name = name_of(r, ev);

    switch (ev->type) {
        case P2P__SESS_DATA:
            say_data(r, &ev->data, name);
            if (!r->keep) {
                r->ops->consume(r->sess, ev->stream, ev->data.len);
            }
            break;
        case P2P__SESS_RESET:
        case P2P__SESS_PONG:
        case P2P__SESS_GOAWAY:
            say_code(r, ev, name);
            break;
        default:
            say(r, plain[ev->type], name);
    }
    if (ev->type == P2P__SESS_CLOSED) {
        r->streams[name] = NULL;
    }
}

bool rig_event(struct rig *r)
{
    struct p2p__sess_ev ev;
    bool is = r->ops->next(r->sess, &ev);

    if (is) {
        tell(r, &ev);
    }
    return is;
}

void rig_events(struct rig *r)
{
    while (rig_event(r)) {
    }
}

void rig_rx_once(struct rig *r, const char *hex)
{
    struct p2p__slice in =
        p2p__slice_of(r->once, unhex(hex, r->once, sizeof r->once));

    assert_int_equal(r->ops->rx(r->sess, &in, r->now), 0);
}

int rig_rx(struct rig *r, const void *bytes, size_t len)
{
    const uint8_t *p = bytes;

    while (len > 0 && r->rv == 0) {
        size_t n = chunker_next(&r->chunker, len);
        uint8_t *piece = malloc(n); /* so that ASan sees its end */
        struct p2p__slice in = p2p__slice_of(piece, n);

        assert_non_null(piece);
        memcpy(piece, p, n);
        while (in.len > 0 && r->rv == 0) {
            r->rv = r->ops->rx(r->sess, &in, r->now);
            if (r->rv == 0) {
                rig_events(r);
            }
        }
        free(piece);
        p += n;
        len -= n;
    }
    return r->rv;
}

int rig_rx_hex(struct rig *r, const char *hex)
{
    uint8_t bytes[4096];
    size_t len = unhex(hex, bytes, sizeof bytes);

    return rig_rx(r, bytes, len);
}

void rig_tx(struct rig *r)
{
    struct p2p__outbuf out = {.p = r->out, .cap = r->out_cap};
    bool marked = r->job.queued;

    p2p__job_fini(&r->job);
    assert_int_equal(r->ops->tx(r->sess, &out, r->now), 0);
    assert_true(out.len <= r->out_cap);
    assert_true(out.len == 0 || marked);
    assert_true(out.len > 0 || r->out_cap < 64 || !r->job.queued);
    r->out_len = out.len;
    if (r->rv == 0) {
        rig_events(r);
    }
}

void *rig_open(struct rig *r, size_t name)
{
    assert_true(name < RIG_STREAMS);
    assert_int_equal(
        r->ops->open(r->sess, &r->streams[name], &r->streams[name], r->now), 0);
    return r->streams[name];
}

int rig_send(struct rig *r, size_t name, const char *text)
{
    const struct p2p__slice s = p2p__slice_of(text, strlen(text));

    return r->ops->send(r->sess, r->streams[name], &s);
}

void rig_expect(struct rig *r, const char *text)
{
    assert_string_equal(r->text, text);
    r->text[0] = '\0';
    r->text_len = 0;
    r->data_of = 0;
}

void rig_expect_tx(struct rig *r, const char *hex)
{
    rig_tx(r);
    assert_hex(r->out, r->out_len, hex);
}
