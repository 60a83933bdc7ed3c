/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See knock.h. Addresses are dialed until they answer; peers that are connected
 * stand in a row and are asked, so many at a time; once a second all of that is
 * looked at again. What a peer says without a proof ends nothing: any peer can
 * say that a code has expired. But when all who were named have spoken, and one
 * of them said so, nobody waits for the time to be up.
 *
 * Streams and dials outlive a knock; they know that it is gone.
 */
#include "mesh/node/knock.h"

#include <assert.h>
#include <stdio.h>

#include "mesh/base/mem.h"
#include "mesh/trust/peer.h"
#include "p2p/err.h"
#include "p2p/multiaddr.h"

#define TICK_MS 1000U

/* No moment. */
#define NEVER_MS UINT64_MAX

/* The addresses of a code, and the one that a person named. */
enum { ADDRS_MAX = UM__CAP_CODE_ADDRS + 1 };

static const char *const protocol = UM_JOIN_PROTOCOL;

/* An address that is dialed. */
struct address {
    char *text;
    bool dialing;
    bool reached; /* peer is who is there */
    struct p2p_peer_id peer;
    uint64_t again_ms; /* when it is dialed next */
};

/* A dial that is under way. */
struct dial {
    struct dial *next;
    struct um_knock *k; /* NULL: it is over */
    struct address *to;
};

enum met_state { WAITS, ASKED, DONE };

/* A peer that was met. */
struct met {
    struct met *next;
    struct p2p_peer_id id;
    struct um_name name;
    enum met_state state;
    bool spoke;        /* it gave an answer */
    uint64_t reason;   /* why it refused, or none */
    uint64_t again_ms; /* DONE: when it is asked again; NEVER_MS: not at all */
};

/* A stream on which a peer is asked. */
struct ask {
    struct ask *next;
    struct um_knock *k; /* NULL: it is over */
    struct met *whom;
    struct p2p_stream *stream;
    struct um_joiner joiner;
    uint64_t until_ms;
};

struct um_knock {
    struct um_knock_cfg cfg;
    struct um_code code;
    char name[UM__CAP_JOIN_NAME_BYTES];
    struct address addrs[ADDRS_MAX];
    size_t addrs_n;
    struct dial *dials;
    struct met *met; /* in the order in which they came */
    size_t met_n;
    struct ask *asks;
    size_t asks_n;
    uint64_t until_ms;
    void *alarm;
    uint64_t reason; /* of the most telling refusal, or none */
    bool over;
};

static uint64_t now_ms(const struct um_knock *k)
{
    return k->cfg.alarms->now_ms(k->cfg.alarms->user);
}

/* The end. */

/* Ends an ask; its stream is on its own. */
static void detach_ask(struct ask *a)
{
    struct ask **at = &a->k->asks;

    while (*at != a)
        at = &(*at)->next;
    *at = a->next;
    a->k->asks_n--;
    um_joiner_fini(&a->joiner);
    a->k = NULL;
    a->whom = NULL;
}

/* Ends all that is under way. */
static void stop(struct um_knock *k)
{
    k->over = true;
    if (k->alarm != NULL)
        k->cfg.alarms->clear(k->cfg.alarms->user, k->alarm);
    k->alarm = NULL;
    while (k->asks != NULL) {
        struct ask *a = k->asks;

        detach_ask(a);
        p2p_stream_reset(a->stream);
    }
    while (k->dials != NULL) {
        k->dials->k = NULL;
        k->dials = k->dials->next;
    }
}

void um_knock_free(struct um_knock *k)
{
    if (k == NULL)
        return;
    stop(k);
    for (size_t i = 0; i < k->addrs_n; i++)
        um_mem_free(k->addrs[i].text);
    while (k->met != NULL) {
        struct met *m = k->met;

        k->met = m->next;
        um_mem_free(m);
    }
    um_mem_wipe(&k->code, sizeof k->code);
    um_mem_free(k);
}

/* What is said when nothing came of it. */
static const char *why_not(const struct um_knock *k)
{
    static const struct um_joiner refused = {.result = UM_JOINER_REFUSED};
    struct um_joiner j = refused;
    bool spoke = false;

    for (const struct met *m = k->met; m != NULL; m = m->next)
        spoke = spoke || m->spoke;
    j.reason = k->reason;
    if (k->reason > UM_JOIN_NO_CODE)
        return um_joiner_text(&j);
    if (k->reason == UM_JOIN_NO_CODE)
        return "no node that was asked knows this code: name the node that "
               "printed it with --peer MULTIADDR";
    if (spoke)
        return "no node that was asked gave an answer that can be believed: "
               "name the other node with --peer MULTIADDR";
    return k->met != NULL
               ? "no node that was found gave an answer: name the other node "
                 "with --peer MULTIADDR"
               : "nobody was found: name the other node with --peer MULTIADDR";
}

/* Nothing came of it. The knock may be gone behind this. */
static void give_up(struct um_knock *k)
{
    struct um_knock_result r = {.text = why_not(k)};

    stop(k);
    k->cfg.done(k->cfg.user, &r);
}

/* A peer took us in, or put us down. The knock may be gone behind this. */
static void succeed(struct um_knock *k, struct ask *a)
{
    struct um_joiner *j = &a->joiner;
    struct um_buf statements = j->statements;
    struct um_knock_result r = {.welcome = j->result == UM_JOINER_WELCOME,
                                .pending = j->result == UM_JOINER_PENDING,
                                .sure = j->sure,
                                .text = um_joiner_text(j),
                                .mesh = j->mesh,
                                .inviter = a->whom->name,
                                .roles = j->roles,
                                .statements = um_buf_view(&statements)};

    um_buf_init(&j->statements);
    stop(k);
    k->cfg.done(k->cfg.user, &r);
    um_buf_fini(&statements);
}

/* Answers. */

/* How much a refusal tells: the codes of join are in no order. */
static unsigned rank(uint64_t reason)
{
    static const unsigned char ranks[UM_JOIN_REASONS] = {
        [UM_JOIN_NO_REASON] = 0, [UM_JOIN_NO_CODE] = 1, [UM_JOIN_TOO_MANY] = 2,
        [UM_JOIN_CLOSED] = 3,    [UM_JOIN_EXPIRED] = 4, [UM_JOIN_USED_UP] = 5,
        [UM_JOIN_REVOKED] = 6,
    };

    return reason < UM_JOIN_REASONS ? ranks[reason] : 0;
}

/* Whether a peer is at an address that was dialed. */
static bool is_near(const struct um_knock *k, const struct p2p_peer_id *peer)
{
    for (size_t i = 0; i < k->addrs_n; i++) {
        if (k->addrs[i].reached && p2p_peer_id_equal(&k->addrs[i].peer, peer))
            return true;
    }
    return false;
}

static void on_refused(struct um_knock *k, struct ask *a)
{
    uint64_t reason = a->joiner.reason;

    a->whom->spoke = true;
    a->whom->reason = reason;
    if (rank(reason) > rank(k->reason))
        k->reason = reason;
    if (reason == UM_JOIN_TOO_MANY)
        a->whom->again_ms = now_ms(k) + UM_KNOCK_AGAIN_MS;
}

/* A peer answered what cannot be believed, or not at all. */
static void on_broken(struct um_knock *k, struct ask *a, int status)
{
    if (a->joiner.wrong != UM_JOINER_SILENT)
        a->whom->spoke = true;
    else if (status != P2P_ENOPROTO)
        a->whom->again_ms = now_ms(k) + UM_KNOCK_AGAIN_MS;
}

/* For people: what a peer answered. One that is no node is no news. */
static void say_answer(const struct um_knock *k, const struct ask *a,
                       int status)
{
    enum um_log_level level = UM_LOG_INFO;
    char text[P2P_PEER_ID_TEXT_MAX];

    if (status == P2P_ENOPROTO)
        level = UM_LOG_DEBUG;
    else if (a->joiner.result == UM_JOINER_BROKEN &&
             a->joiner.wrong != UM_JOINER_SILENT)
        level = UM_LOG_WARN;
    um_log_line(k->cfg.log, level, "%s was asked to let this node in: %s",
                p2p_peer_id_text(&a->whom->id, text),
                um_joiner_text(&a->joiner));
}

static void go_on(struct um_knock *k);

/* There is a result, or the stream ended without: the ask is done with. The
 * knock may be gone behind this. */
static void conclude(struct ask *a, int status)
{
    struct um_knock *k = a->k;

    a->whom->state = DONE;
    a->whom->again_ms = NEVER_MS;
    say_answer(k, a, status);
    switch (a->joiner.result) {
        case UM_JOINER_WELCOME:
        case UM_JOINER_PENDING:
            succeed(k, a);
            return;
        case UM_JOINER_REFUSED:
            on_refused(k, a);
            break;
        default:
            on_broken(k, a, status);
            break;
    }
    detach_ask(a);
    go_on(k);
}

/* Asking. */

static void on_data(void *user, struct p2p_stream *stream, const uint8_t *bytes,
                    size_t len)
{
    struct ask *a = user;
    struct um_str in = um_str_n((const char *)bytes, len);

    while (a->k != NULL && in.len > 0) {
        if (um_joiner_rx(&a->joiner, &in) == 1) {
            conclude(a, 0);
            p2p_stream_reset(stream);
            return;
        }
    }
}

/* The peer says no more. */
static void on_finished(void *user, struct p2p_stream *stream)
{
    struct ask *a = user;

    (void)stream;
    if (a->k == NULL)
        return;
    um_joiner_closed(&a->joiner);
    conclude(a, 0);
}

static void on_closed(void *user, struct p2p_stream *stream, int status)
{
    struct ask *a = user;

    (void)stream;
    if (a->k != NULL) {
        um_joiner_closed(&a->joiner);
        conclude(a, status);
    }
    um_mem_free(a);
}

static const struct p2p_stream_events ask_events = {.data = on_data,
                                                    .finished = on_finished,
                                                    .closed = on_closed};

/* Says Hello on a stream that was opened. 0 or an error. */
static int say_hello(struct um_knock *k, struct ask *a)
{
    struct um_joiner_cfg cfg = {.code = k->cfg.code,
                                .me = k->cfg.me,
                                .inviter = a->whom->name,
                                .name = k->cfg.name};
    struct um_buf hello = UM_BUF_INIT;
    int err = p2p_stream_binding(a->stream, cfg.binding);

    um_joiner_init(&a->joiner, &cfg, now_ms(k));
    if (err == 0 && um_joiner_tx(&a->joiner, &hello) == 0)
        err = P2P_ENOMEM;
    if (err == 0)
        err = p2p_stream_send(a->stream, hello.p, hello.len);
    if (err == 0)
        p2p_stream_finish(a->stream);
    um_buf_fini(&hello);
    return err;
}

/* Asks a peer. */
static void ask(struct um_knock *k, struct met *m)
{
    struct ask *a = um_mem_zalloc(sizeof *a);

    m->state = DONE;
    m->again_ms = now_ms(k) + UM_KNOCK_AGAIN_MS;
    if (a == NULL)
        return;
    a->whom = m;
    a->until_ms = now_ms(k) + UM_KNOCK_PATIENCE_MS;
    if (um_bus_open(k->cfg.bus, &m->id, &protocol, &ask_events, a,
                    &a->stream) != 0) {
        um_mem_free(a);
        return;
    }
    a->k = k;
    a->next = k->asks;
    k->asks = a;
    k->asks_n++;
    m->state = ASKED;
    if (say_hello(k, a) != 0) {
        m->state = DONE;
        detach_ask(a);
        p2p_stream_reset(a->stream);
    }
}

/* Peers. */

static struct met *find(const struct um_knock *k,
                        const struct p2p_peer_id *peer)
{
    struct met *m = k->met;

    while (m != NULL && !p2p_peer_id_equal(&m->id, peer))
        m = m->next;
    return m;
}

/* A peer that is met for the first time; NULL: it is none to ask. */
static struct met *meet(struct um_knock *k, const struct p2p_peer_id *peer)
{
    struct met **at = &k->met;
    struct um_name name;
    struct met *m;

    if (k->met_n >= UM__CAP_KNOCK_MET || um_peer_member(peer, &name) != 0)
        return NULL;
    m = um_mem_zalloc(sizeof *m);
    if (m == NULL)
        return NULL;
    m->id = *peer;
    m->name = name;
    while (*at != NULL)
        at = &(*at)->next;
    *at = m;
    k->met_n++;
    return m;
}

/* A peer is connected: it gets into the row, or back into it. */
static void line_up(struct um_knock *k, const struct p2p_peer_id *peer)
{
    struct met *m = find(k, peer);

    if (k->cfg.code == NULL && k->cfg.peer != NULL && !is_near(k, peer))
        return;
    if (m == NULL)
        m = meet(k, peer);
    if (m != NULL && m->state == DONE && m->again_ms != NEVER_MS)
        m->state = WAITS;
}

/* Whether nothing is left to wait for: who was named has said why not. He may
 * have been asked before he was known to be who was named. */
static bool is_settled(const struct um_knock *k)
{
    bool open = k->asks != NULL || k->dials != NULL;
    bool told = false;

    for (const struct met *m = k->met; m != NULL; m = m->next) {
        open = open || m->state != DONE || m->again_ms != NEVER_MS;
        told = told || (m->reason == k->reason && is_near(k, &m->id));
    }
    return !open && told && rank(k->reason) >= rank(UM_JOIN_CLOSED);
}

/* Asks those that wait, as many as may be. The knock may be gone behind this.
 */
static void go_on(struct um_knock *k)
{
    for (struct met *m = k->met; m != NULL && k->asks_n < UM__CAP_KNOCK_ASKED;
         m = m->next) {
        if (m->state == WAITS && um_bus_is_up(k->cfg.bus, &m->id))
            ask(k, m);
    }
    if (is_settled(k))
        give_up(k);
}

void um_knock_up(struct um_knock *k, const struct p2p_peer_id *peer)
{
    if (k->over)
        return;
    line_up(k, peer);
    go_on(k);
}

static void on_peer(void *user, const struct um_bus_peer *peer)
{
    if (peer->connected)
        line_up(user, &peer->id);
}

/* Addresses. */

static void on_dialed(void *user, int status, const struct p2p_peer_id *peer)
{
    struct dial *d = user;
    struct um_knock *k = d->k;
    struct address *to = d->to;

    if (k != NULL) {
        struct dial **at = &k->dials;

        while (*at != d)
            at = &(*at)->next;
        *at = d->next;
    }
    um_mem_free(d);
    if (k == NULL)
        return;
    to->dialing = false;
    to->reached = status == 0;
    to->again_ms = now_ms(k) + UM_KNOCK_AGAIN_MS;
    if (status == 0) {
        to->peer = *peer;
        um_knock_up(k, peer);
        return;
    }
    um_log_line(k->cfg.log, UM_LOG_INFO, "cannot reach %s: %s", to->text,
                p2p_err_text(status));
    go_on(k);
}

static void dial(struct um_knock *k, struct address *to)
{
    struct dial *d = um_mem_zalloc(sizeof *d);
    int err = P2P_ENOMEM;

    to->again_ms = now_ms(k) + UM_KNOCK_AGAIN_MS;
    if (d != NULL) {
        d->k = k;
        d->to = to;
        err = um_bus_dial(k->cfg.bus, to->text, on_dialed, d);
    }
    if (err != 0) {
        um_log_line(k->cfg.log, UM_LOG_WARN, "cannot dial %s: %s", to->text,
                    p2p_err_text(err));
        um_mem_free(d);
        return;
    }
    to->dialing = true;
    d->next = k->dials;
    k->dials = d;
}

/* Dials those addresses that are not connected. */
static void dial_all(struct um_knock *k)
{
    uint64_t now = now_ms(k);

    for (size_t i = 0; i < k->addrs_n; i++) {
        struct address *to = &k->addrs[i];

        if (!to->dialing && now >= to->again_ms &&
            !(to->reached && um_bus_is_up(k->cfg.bus, &to->peer)))
            dial(k, to);
    }
}

/* Time. */

static void on_tick(void *arg);

static bool set_alarm(struct um_knock *k)
{
    k->alarm = k->cfg.alarms->set(k->cfg.alarms->user, TICK_MS, on_tick, k);
    return k->alarm != NULL;
}

/* Cuts off who takes too long. */
static void expire(struct um_knock *k, uint64_t now)
{
    struct ask *next;

    for (struct ask *a = k->asks; a != NULL; a = next) {
        next = a->next;
        if (now < a->until_ms)
            continue;
        um_joiner_closed(&a->joiner);
        a->whom->state = DONE;
        say_answer(k, a, P2P_ETIMEDOUT);
        on_broken(k, a, P2P_ETIMEDOUT);
        detach_ask(a);
        p2p_stream_reset(a->stream);
    }
}

static void on_tick(void *arg)
{
    struct um_knock *k = arg;
    uint64_t now = now_ms(k);

    k->alarm = NULL;
    expire(k, now);
    for (struct met *m = k->met; m != NULL; m = m->next) {
        if (m->state == DONE && now >= m->again_ms)
            m->state = WAITS;
    }
    if (now >= k->until_ms || !set_alarm(k)) {
        give_up(k);
        return;
    }
    dial_all(k);
    go_on(k);
}

/* The beginning. */

static int add_address(struct um_knock *k, const char *text)
{
    size_t len = strlen(text) + 1;
    struct address *to = &k->addrs[k->addrs_n];

    assert(k->addrs_n < ADDRS_MAX);
    to->text = um_mem_alloc(len);
    if (to->text == NULL)
        return P2P_ENOMEM;
    memcpy(to->text, text, len);
    k->addrs_n++;
    return 0;
}

/* The address that a person named, then those in the code. */
static int add_addresses(struct um_knock *k)
{
    int err = k->cfg.peer != NULL ? add_address(k, k->cfg.peer) : 0;

    for (size_t i = 0; k->cfg.code != NULL && i < k->code.addrs_n; i++) {
        char text[P2P_MULTIADDR_TEXT_MAX];
        struct p2p_multiaddr ma;

        if (err != 0)
            return err;
        if (p2p_multiaddr_from_bytes(k->code.addrs[i].bytes,
                                     k->code.addrs[i].len, &ma) == 0)
            err = add_address(k, p2p_multiaddr_text(&ma, text));
        else
            um_log_line(k->cfg.log, UM_LOG_WARN,
                        "an address in the code cannot be read");
    }
    return err;
}

struct um_knock *um_knock_new(const struct um_knock_cfg *cfg)
{
    struct um_knock *k = um_mem_zalloc(sizeof *k);

    if (k == NULL)
        return NULL;
    k->cfg = *cfg;
    if (cfg->code != NULL) {
        k->code = *cfg->code;
        k->cfg.code = &k->code;
    }
    k->cfg.name = um_str_n(k->name, 0);
    if (cfg->name.len > 0 && cfg->name.len <= sizeof k->name) {
        memcpy(k->name, cfg->name.p, cfg->name.len);
        k->cfg.name.len = cfg->name.len;
    }
    k->until_ms = now_ms(k) + UM_KNOCK_MS;
    if (add_addresses(k) != 0 || !set_alarm(k)) {
        um_knock_free(k);
        return NULL;
    }
    if (cfg->peer != NULL)
        k->cfg.peer = k->addrs[0].text;
    dial_all(k);
    um_bus_peers(cfg->bus, on_peer, k);
    go_on(k);
    return k;
}
