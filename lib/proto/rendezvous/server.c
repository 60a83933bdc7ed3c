/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See server.h. The registry decides; a request that cannot be granted is
 * answered so, and what is no request ends the stream.
 */
#include "proto/rendezvous/server.h"

#include "ident/record.h"

/* Of an answer besides the registrations that it lists. */
#define ANSWER_ROOM 256U

/* Whether a record is the peer's own. */
static bool is_own(const struct p2p__rendezvous_server *s,
                   struct p2p__slice bytes)
{
    struct p2p__record record;

    return p2p__record_open(bytes, &record) == 0 &&
           p2p_peer_id_equal(&record.peer, &s->peer);
}

static void do_register(struct p2p__rendezvous_server *s,
                        const struct p2p__rendezvous_msg *request,
                        struct p2p__pbw *w, p2p_ns now)
{
    const struct p2p__rendezvous_found what = {.ns = request->ns,
                                               .record = request->record};
    struct p2p__rendezvous_msg answer = {
        .type = P2P__RENDEZVOUS_REGISTERED,
        .status = P2P__RENDEZVOUS_INVALID_RECORD};
    const struct p2p__fair_who who = {&s->peer, &s->at};
    uint64_t ttl_s = request->ttl_s;

    if (is_own(s, request->record)) {
        answer.status =
            p2p__rendezvous_register(s->registry, &who, &what, &ttl_s, now);
    }
    if (answer.status == P2P__RENDEZVOUS_OK) {
        answer.ttl_s = ttl_s;
    }
    p2p__rendezvous_msg_write(w, &answer);
}

/* Looks for others: what is found is written where it goes out. */
static void do_discover(struct p2p__rendezvous_server *s,
                        const struct p2p__rendezvous_msg *request,
                        struct p2p__pbw *w, p2p_ns now)
{
    struct p2p__rendezvous_msg answer = {.type = P2P__RENDEZVOUS_DISCOVERED};
    struct p2p__rendezvous_open open;
    uint8_t cookie[P2P__RENDEZVOUS_COOKIE_BYTES];

    w->cap -= ANSWER_ROOM; /* for what closes it */
    p2p__rendezvous_msg_open(w, answer.type, &open);
    answer.status =
        p2p__rendezvous_discover(s->registry, request, w, cookie, now);
    if (answer.status == P2P__RENDEZVOUS_OK) {
        answer.cookie = p2p__slice_of(cookie, sizeof cookie);
    }
    w->cap += ANSWER_ROOM;
    p2p__rendezvous_msg_close(w, &open, &answer);
}

static int on_request(void *user, struct p2p__slice bytes, struct p2p__pbw *w,
                      p2p_ns now)
{
    struct p2p__rendezvous_server *s = user;
    struct p2p__rendezvous_msg request;
    int rv = p2p__rendezvous_msg_read(bytes, &request);

    if (rv != 0) {
        return rv;
    }
    switch (request.type) {
        case P2P__RENDEZVOUS_REGISTER:
            do_register(s, &request, w, now);
            return 0;
        case P2P__RENDEZVOUS_UNREGISTER:
            p2p__rendezvous_unregister(s->registry, &s->peer, request.ns);
            return 1; /* it has no answer */
        case P2P__RENDEZVOUS_DISCOVER:
            do_discover(s, &request, w, now);
            return 0;
        default:
            return P2P_EPROTO;
    }
}

void p2p__rendezvous_server_init(struct p2p__rendezvous_server *s,
                                 const struct p2p__rendezvous_server_cfg *cfg,
                                 p2p_ns now)
{
    const struct p2p__serve_cfg serve = {
        .answer = on_request,
        .user = s,
        .cap = P2P__CAP_RENDEZVOUS_REQUEST_BYTES,
        .room = P2P__CAP_RENDEZVOUS_PAGE_BYTES + ANSWER_ROOM,
        .requests = P2P__CAP_RENDEZVOUS_REQUESTS,
        .pause = P2P__RENDEZVOUS_PAUSE,
        .quota = cfg->quota,
        .owner = cfg->owner};

    assert(cfg->registry != NULL && cfg->who->id->len > 0);
    s->registry = cfg->registry;
    s->peer = *cfg->who->id;
    s->at = *cfg->who->at;
    p2p__serve_init(&s->serve, &serve, now);
}
