/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See server.h. Happy path: rx reads a request, the registry decides, the
 * answer is made at once and written by tx. A request that cannot be granted is
 * answered so; what is no request ends the stream.
 */
#include "proto/rendezvous/server.h"

#include "base/mem.h"
#include "ident/record.h"

/* Of an answer besides the registrations that it lists. */
#define ANSWER_ROOM 256U

void p2p__rendezvous_server_init(struct p2p__rendezvous_server *s,
                                 const struct p2p__rendezvous_server_cfg *cfg,
                                 p2p_ns now)
{
    assert(cfg->registry != NULL && cfg->peer->len > 0);
    *s = (struct p2p__rendezvous_server){
        .registry = cfg->registry,
        .peer = *cfg->peer,
        .quota = cfg->quota,
        .owner = cfg->owner,
        .deadline = p2p__ns_after(now, P2P__RENDEZVOUS_PAUSE)};
    p2p__frame_init(&s->frame, cfg->quota, P2P__CAP_RENDEZVOUS_REQUEST_BYTES);
}

static void drop_answer(struct p2p__rendezvous_server *s)
{
    p2p__free(s->out);
    p2p__quota_give(s->quota, P2P__Q_MEMORY, s->out_room);
    s->out = NULL;
    s->out_len = s->out_room = s->written = 0;
}

/* Takes memory for an answer. 0, P2P_ELIMIT or P2P_ENOMEM. */
static int make_room(struct p2p__rendezvous_server *s, size_t room,
                     struct p2p__pbw *w)
{
    assert(s->out == NULL);
    if (p2p__quota_take(s->quota, P2P__Q_MEMORY, room) != 0) {
        return P2P_ELIMIT;
    }
    s->out_room = room;
    s->out = p2p__alloc(room);
    if (s->out == NULL) {
        drop_answer(s);
        return P2P_ENOMEM;
    }
    p2p__pbw_init(w, s->out, room);
    return 0;
}

/* The answer is whole: memory that it does not need is given back. */
static void say(struct p2p__rendezvous_server *s, const struct p2p__pbw *w)
{
    const int len = p2p__pbw_end(w);
    uint8_t *less;

    assert(len > 0 && (size_t)len <= s->out_room);
    s->out_len = (size_t)len;
    less = p2p__realloc(s->out, s->out_len);
    if (less != NULL) {
        s->out = less;
        p2p__quota_give(s->quota, P2P__Q_MEMORY, s->out_room - s->out_len);
        s->out_room = s->out_len;
    }
    p2p__mark(s->owner);
}

/* Whether a record is the peer's own. */
static bool is_own(const struct p2p__rendezvous_server *s,
                   struct p2p__slice bytes)
{
    struct p2p__record record;

    return p2p__record_open(bytes, &record) == 0 &&
           p2p_peer_id_equal(&record.peer, &s->peer);
}

static int do_register(struct p2p__rendezvous_server *s,
                       const struct p2p__rendezvous_msg *request, p2p_ns now)
{
    const struct p2p__rendezvous_found what = {.ns = request->ns,
                                               .record = request->record};
    struct p2p__rendezvous_msg answer = {
        .type = P2P__RENDEZVOUS_REGISTERED,
        .status = P2P__RENDEZVOUS_INVALID_RECORD};
    uint64_t ttl_s = request->ttl_s;
    struct p2p__pbw w;
    int rv;

    if (is_own(s, request->record)) {
        answer.status =
            p2p__rendezvous_register(s->registry, &s->peer, &what, &ttl_s, now);
    }
    if (answer.status == P2P__RENDEZVOUS_OK) {
        answer.ttl_s = ttl_s;
    }
    rv = make_room(s, ANSWER_ROOM, &w);
    if (rv == 0) {
        p2p__rendezvous_msg_write(&w, &answer);
        say(s, &w);
    }
    return rv;
}

/* Looks for others: what is found is written where it goes out. */
static int do_discover(struct p2p__rendezvous_server *s,
                       const struct p2p__rendezvous_msg *request, p2p_ns now)
{
    struct p2p__rendezvous_msg answer = {.type = P2P__RENDEZVOUS_DISCOVERED};
    struct p2p__rendezvous_open open;
    uint8_t cookie[P2P__RENDEZVOUS_COOKIE_BYTES];
    struct p2p__pbw w;
    int rv = make_room(s, P2P__CAP_RENDEZVOUS_PAGE_BYTES + ANSWER_ROOM, &w);

    if (rv != 0) {
        return rv;
    }
    w.cap -= ANSWER_ROOM; /* for what closes it */
    p2p__rendezvous_msg_open(&w, answer.type, &open);
    answer.status =
        p2p__rendezvous_discover(s->registry, request, &w, cookie, now);
    if (answer.status == P2P__RENDEZVOUS_OK) {
        answer.cookie = p2p__slice_of(cookie, sizeof cookie);
    }
    w.cap += ANSWER_ROOM;
    p2p__rendezvous_msg_close(&w, &open, &answer);
    say(s, &w);
    return 0;
}

static int handle(struct p2p__rendezvous_server *s, struct p2p__slice bytes,
                  p2p_ns now)
{
    struct p2p__rendezvous_msg request;
    int rv = p2p__rendezvous_msg_read(bytes, &request);

    if (rv != 0) {
        return rv;
    }
    if (++s->requests > P2P__CAP_RENDEZVOUS_REQUESTS) {
        return P2P_ELIMIT;
    }
    s->deadline = p2p__ns_after(now, P2P__RENDEZVOUS_PAUSE);
    switch (request.type) {
        case P2P__RENDEZVOUS_REGISTER:
            return do_register(s, &request, now);
        case P2P__RENDEZVOUS_UNREGISTER: /* has no answer */
            p2p__rendezvous_unregister(s->registry, &s->peer, request.ns);
            return 0;
        case P2P__RENDEZVOUS_DISCOVER:
            return do_discover(s, &request, now);
        default:
            return P2P_EPROTO;
    }
}

int p2p__rendezvous_server_rx(struct p2p__rendezvous_server *s,
                              const struct p2p__slice *in, p2p_ns now)
{
    struct p2p__slice left = *in, msg;
    int rv = 0;

    while (rv == 0 && left.len > 0) {
        if (s->out != NULL) {
            return P2P_EPROTO; /* the answer comes first */
        }
        rv = p2p__frame_next(&s->frame, &left, &msg);
        if (rv == 1) {
            rv = handle(s, msg, now);
        }
    }
    return rv;
}

int p2p__rendezvous_server_fin(struct p2p__rendezvous_server *s, p2p_ns now)
{
    (void)now;
    s->ended = true;
    p2p__mark(s->owner);
    return p2p__frame_is_between(&s->frame) ? 0 : P2P_EPROTO;
}

int p2p__rendezvous_server_tx(struct p2p__rendezvous_server *s,
                              struct p2p__outbuf *out, p2p_ns now)
{
    const size_t n = p2p__min(s->out_len - s->written, p2p__outbuf_room(out));

    assert(s->written <= s->out_len && s->out_len <= s->out_room);
    if (n > 0) {
        p2p__outbuf_put(out, s->out + s->written, n);
        s->written += n;
        s->deadline = p2p__ns_after(now, P2P__RENDEZVOUS_PAUSE);
    }
    if (s->out != NULL && s->written == s->out_len) {
        drop_answer(s);
    }
    return s->ended && s->out == NULL ? P2P__PROTO_FIN : 0;
}

p2p_ns p2p__rendezvous_server_deadline(const struct p2p__rendezvous_server *s)
{
    return s->deadline;
}

int p2p__rendezvous_server_expire(struct p2p__rendezvous_server *s, p2p_ns now)
{
    return now < s->deadline ? 0 : P2P_ETIMEDOUT;
}

void p2p__rendezvous_server_fini(struct p2p__rendezvous_server *s)
{
    p2p__frame_fini(&s->frame);
    drop_answer(s);
}

P2P__PROTO_OPS(p2p__rendezvous_server, P2P__RENDEZVOUS_PROTOCOL);
