/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * One session over its stream: see link.h. Bytes that come go into the session,
 * its events to who judges; what it has to say is pulled as long as the stream
 * takes it, so a peer that does not read makes us hold a frame or two.
 *
 * Who opened it closes it, when its round is done, nothing that was asked for
 * singly is under way and no document: it says what is left and finishes its
 * side; the other then does the same. Whatever is wrong resets the stream, and
 * the next round begins from what is there then.
 */
#include "mesh/node/link.h"

#include <assert.h>

#include "mesh/base/mem.h"
#include "p2p/err.h"
#include "p2p/stream.h"

/* What is pulled before it is sent. */
#define HIGH_WATER (64U << 10)

/* How long a session that we opened lasts at most: answers may be proper, and
 * never end. */
#define LIFE_MS 120000U

/* How long a stream may take to close. */
#define CLOSING_MS 10000U

/* How long a peer is left alone that broke the protocol, and how often that is
 * logged at most. */
#define BLAME_MS 10000U
#define TOLD_MS  1000U

static const char *const protocol[] = {UM_SYNC_PROTOCOL};

void um_link_mark(struct um_link *k)
{
    k->dirty = true;
    k->l->dirty = true;
}

void um_link_end(struct um_link *k)
{
    struct um_links_member *m = k->member;

    if (m == NULL)
        return;
    k->l->stats.sessions--;
    if (k->ours)
        m->own = NULL;
    else
        m->accepted--;
    if (k->stream != NULL) {
        p2p_stream_listen(k->stream, NULL, NULL);
        p2p_stream_reset(k->stream);
        k->stream = NULL;
    }
    k->l->cfg.alarms->clear(k->l->cfg.alarms->user, k->alarm);
    k->alarm = NULL;
    if (k->fetch != NULL)
        um_fetches_done(k->l, k);
    k->member = NULL;
    k->l->dirty = true;
    k->l->hungry = true;
}

void um_link_free(struct um_link *k)
{
    assert(k->member == NULL && k->fetch == NULL && k->alarm == NULL);
    um_sync_fini(&k->sync);
    um_buf_fini(&k->out);
    um_mem_free(k);
}

/* Says why a session ended, and leaves the peer alone if it is its fault. */
static void on_ended(struct um_link *k, enum um_sync_why why)
{
    struct um_links *l = k->l;
    uint64_t now = um_links_now(l);
    bool fault = um_sync_at_fault(why);
    char text[P2P_PEER_ID_TEXT_MAX];

    l->stats.ended++;
    if (fault)
        k->member->blamed_ms = now + BLAME_MS;
    if (l->told_ms == 0 || now - l->told_ms >= TOLD_MS) {
        l->told_ms = now;
        um_log_line(l->cfg.log, fault ? UM_LOG_WARN : UM_LOG_INFO,
                    "sync with %s ended: %s",
                    p2p_peer_id_text(&k->member->peer, text),
                    um_sync_why_text(why));
    }
    um_link_end(k);
}

/* The round is done, or nothing moves. */
static void on_done(struct um_link *k, bool quiet)
{
    const struct um_links *l = k->l;

    k->round = false;
    k->wants = false;
    if (!quiet && l->cfg.cb->equal != NULL)
        l->cfg.cb->equal(l->cfg.user, &k->member->name);
    if (quiet && k->ours && k->fetch != NULL)
        um_link_end(k);
}

static void on_item(struct um_link *k, const struct um_sync_ev *ev)
{
    const struct um_links *l = k->l;
    struct um_name from = k->member->name;
    enum um_sync_verdict verdict =
        ev->what == UM_SYNC_EV_ROW
            ? l->cfg.cb->row(l->cfg.user, &from, ev->envelope)
            : l->cfg.cb->item(l->cfg.user, &from, ev->set, ev->envelope);

    assert(verdict != UM_SYNC_WAITS);
    um_sync_judged(&k->sync, verdict, NULL);
}

static void on_event(struct um_link *k, const struct um_sync_ev *ev)
{
    switch (ev->what) {
        case UM_SYNC_EV_ITEM:
        case UM_SYNC_EV_ROW:
            on_item(k, ev);
            break;
        case UM_SYNC_EV_DOCUMENT:
            um_fetches_done(k->l, k);
            break;
        case UM_SYNC_EV_DONE:
            on_done(k, false);
            break;
        case UM_SYNC_EV_QUIET:
            on_done(k, true);
            break;
        case UM_SYNC_EV_ENDED:
            on_ended(k, ev->why);
            break;
        case UM_SYNC_EV_SLOT:
            um_fetches_slot(k->l, k, ev->slot);
            break;
        default:
            break;
    }
}

static void pull_events(struct um_link *k)
{
    struct um_sync_ev ev;

    while (k->member != NULL && um_sync_next(&k->sync, &ev))
        on_event(k, &ev);
}

static void on_data(void *user, struct p2p_stream *stream, const uint8_t *bytes,
                    size_t len)
{
    struct um_link *k = user;
    struct um_links *l = k->l;
    struct um_str in = {(const char *)bytes, len};

    (void)stream;
    um_links_enter(l);
    k->heard_ms = um_links_now(l);
    while (in.len > 0 && k->member != NULL) {
        um_sync_rx(&k->sync, &in, k->heard_ms);
        pull_events(k);
    }
    um_link_mark(k);
    um_links_leave(l);
}

static void on_writable(void *user, struct p2p_stream *stream)
{
    struct um_link *k = user;
    struct um_links *l = k->l;

    (void)stream;
    um_links_enter(l);
    k->full = false;
    um_link_mark(k);
    um_links_leave(l);
}

/* Says what is left, and nothing that would be new. */
static void begin_closing(struct um_link *k)
{
    if (!k->closing)
        k->closing_ms = um_links_now(k->l);
    k->closing = true;
}

/* The peer says no more: whoever opened it, it comes to its end. */
static void on_finished(void *user, struct p2p_stream *stream)
{
    struct um_link *k = user;
    struct um_links *l = k->l;

    (void)stream;
    um_links_enter(l);
    begin_closing(k);
    um_link_mark(k);
    um_links_leave(l);
}

static void on_closed(void *user, struct p2p_stream *stream, int status)
{
    struct um_link *k = user;
    struct um_links *l = k->l;
    char text[P2P_PEER_ID_TEXT_MAX];

    (void)stream;
    um_links_enter(l);
    k->stream = NULL;
    if (status != 0)
        um_log_line(l->cfg.log, UM_LOG_DEBUG, "the sync stream with %s: %s",
                    p2p_peer_id_text(&k->member->peer, text),
                    p2p_err_text(status));
    um_link_end(k);
    um_links_leave(l);
}

static const struct p2p_stream_events events = {
    .data = on_data,
    .writable = on_writable,
    .finished = on_finished,
    .closed = on_closed,
};

static struct um_link *link_new(struct um_links *l, struct um_links_member *m)
{
    const struct um_sync_cfg cfg = {
        .source = l->cfg.source,
        .mesh = l->cfg.mesh,
        .peer = m->name,
        .sparing = um_bus_sparing(l->cfg.bus, &m->peer)};
    struct um_link *k = um_mem_zalloc(sizeof *k);

    if (k == NULL)
        return NULL;
    k->l = l;
    k->member = m;
    k->began_ms = um_links_now(l);
    k->heard_ms = k->began_ms;
    um_sync_init(&k->sync, &cfg, k->began_ms);
    return k;
}

/* Puts a link into the list. */
static void put(struct um_link *k)
{
    k->next = k->l->links;
    k->l->links = k;
    k->l->stats.sessions++;
    um_link_mark(k);
}

struct um_link *um_link_own(struct um_links_member *m, struct um_links *l)
{
    struct um_link *k = m->own;

    if (k != NULL)
        return k->closing ? NULL : k;
    if (um_links_now(l) < m->blamed_ms)
        return NULL;
    k = link_new(l, m);
    if (k == NULL)
        return NULL;
    k->ours = true;
    if (um_bus_open(l->cfg.bus, &m->peer, protocol, &events, k, &k->stream) !=
        0) {
        k->member = NULL;
        um_link_free(k);
        return NULL;
    }
    m->own = k;
    put(k);
    return k;
}

bool um_link_accept(struct um_links *l, struct um_links_member *m,
                    struct p2p_stream *stream)
{
    struct um_link *k;

    if (m->accepted >= UM__CAP_LINKS_STREAMS || um_links_now(l) < m->blamed_ms)
        return false;
    k = link_new(l, m);
    if (k == NULL)
        return false;
    k->stream = stream;
    p2p_stream_listen(stream, &events, k);
    m->accepted++;
    m->due_ms = UM_LINKS_NEVER; /* it has begun one */
    put(k);
    return true;
}

/* Sends what is pulled; false: the stream takes no more now, or it ended. */
static bool send_out(struct um_link *k)
{
    int err =
        k->out.len == 0 ? 0 : p2p_stream_send(k->stream, k->out.p, k->out.len);

    if (err == 0) {
        um_buf_clear(&k->out);
        return true;
    }
    if (err == P2P_EAGAIN)
        k->full = true;
    else
        um_link_end(k);
    return false;
}

/* Says what there is to be said, as far as the stream takes it. */
static void flush(struct um_link *k)
{
    bool more = true;

    while (more && k->member != NULL && !k->full && !k->finished) {
        while (k->member != NULL && more && k->out.len < HIGH_WATER) {
            more = um_sync_tx(&k->sync, &k->out, um_links_now(k->l)) == 1;
            pull_events(k);
        }
        if (k->member == NULL || !send_out(k))
            return;
    }
}

/* Closes it if all was said. */
static void close_idle(struct um_link *k)
{
    if (k->ours && !k->round && !k->wants && k->fetch == NULL)
        begin_closing(k);
    if (!k->closing || k->finished || k->full || k->out.len > 0)
        return;
    k->finished = true;
    p2p_stream_finish(k->stream);
}

/* When something is to be done though nothing comes. */
static uint64_t deadline(const struct um_link *k)
{
    uint64_t at = um_sync_deadline(&k->sync);
    uint64_t end = UM_LINKS_NEVER;

    if (k->closing)
        end = k->closing_ms + CLOSING_MS;
    else if (k->ours)
        end = k->began_ms + LIFE_MS;
    return at < end ? at : end;
}

static void on_alarm(void *arg);

/* Sets the alarm; one that goes off too early is set again then. */
static void arm(struct um_link *k)
{
    const struct um_alarms *a = k->l->cfg.alarms;
    uint64_t at = deadline(k);
    uint64_t now = um_links_now(k->l);

    if (at == UM_LINKS_NEVER || (k->alarm != NULL && k->alarm_ms <= at))
        return;
    a->clear(a->user, k->alarm);
    k->alarm_ms = at;
    k->alarm = a->set(a->user, at > now ? at - now : 0, on_alarm, k);
}

static void on_alarm(void *arg)
{
    struct um_link *k = arg;
    struct um_links *l = k->l;
    uint64_t now = um_links_now(l);

    um_links_enter(l);
    k->alarm = NULL;
    if ((k->closing && now >= k->closing_ms + CLOSING_MS) ||
        (k->ours && now >= k->began_ms + LIFE_MS)) {
        um_link_end(k);
    } else {
        um_sync_expire(&k->sync, now);
        um_link_mark(k);
    }
    um_links_leave(l);
}

void um_link_pump(struct um_link *k)
{
    pull_events(k);
    flush(k);
    if (k->member != NULL)
        close_idle(k);
    if (k->member != NULL)
        arm(k);
}
