/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The core of mDNS discovery: see mdns.h.
 *
 * What is to be said is kept as bits and moments, never as packets: a
 * thousand questions make one answer due. Questions from ports other than
 * 5353 are answered to their sender, from a short list; when it is full, they
 * are lost, as datagrams are.
 */
#include "proto/mdns/mdns.h"

#include "wire/addr_class.h"

/* The first pause between questions; each is twice the one before. */
#define FIRST_GAP P2P__SEC(1)
/* Questions in a row that are left to others. */
#define LEFT_TO_OTHERS 11U

int p2p__mdns_init(struct p2p__mdns *m, const struct p2p__mdns_cfg *cfg,
                   p2p_ns now)
{
    int rv;

    memset(m, 0, sizeof *m);
    m->env = cfg->env;
    m->owner = cfg->owner;
    m->forms = cfg->forms & (P2P__MDNS_TODAY | P2P__MDNS_2021);
    m->interval = cfg->interval > 0 ? cfg->interval : P2P__MDNS_INTERVAL;
    rv = p2p__mdns_announce_init(&m->announce, &cfg->self, cfg->service,
                                 cfg->env);
    if (rv != 0 || m->forms == 0) {
        return P2P_EINVAL;
    }
    p2p__mdns_seen_init(&m->seen, cfg->env);
    for (size_t i = 0; i < P2P__MDNS_FORMS; i++) {
        p2p__bucket_init(&m->answers[i], P2P__CAP_MDNS_ANSWERS,
                         P2P__CAP_MDNS_ANSWERS_EACH);
    }
    p2p__bucket_init(&m->asked, P2P__CAP_MDNS_ASKED, P2P__CAP_MDNS_ASKED_EACH);
    p2p__mdns_ask(m, now);
    return 0;
}

/* A number from 0 to `most`. */
static p2p_ns dice(struct p2p__mdns *m, p2p_ns most)
{
    uint32_t v;

    m->env->random(m->env, &v, sizeof v);
    return most / UINT32_MAX * v + most % UINT32_MAX * v / UINT32_MAX;
}

bool p2p__mdns_is_on(const struct p2p__mdns_on *on, uint32_t ifindex)
{
    bool is = on->all;

    for (unsigned i = 0; i < on->n && !is; i++) {
        is = on->ifindex[i] == ifindex;
    }
    return is;
}

/* Adds an interface; 0, or one for which there is no room, is any. */
static void add_link(struct p2p__mdns_on *on, uint32_t ifindex)
{
    if (ifindex == 0 || on->n == P2P__COUNT(on->ifindex)) {
        on->all = true;
    } else if (!p2p__mdns_is_on(on, ifindex)) {
        on->ifindex[on->n++] = ifindex;
    }
}

/*
 * Whether somebody else asked on a link just now what we would ask there: the
 * answers go to all of it, so he asked for us, too (RFC 6762, 7.3). Not when we
 * miss somebody, and not for ever: who leaves out some of us would hide them.
 */
static bool is_asked(const struct p2p__mdns *m, struct p2p__mdns_link *link,
                     enum p2p__mdns_form form, p2p_ns now)
{
    const p2p_ns lately = m->interval / 5 * 4;

    if (m->gap < m->interval || m->gap <= FIRST_GAP ||
        link->heard_at[form] == 0 || now - link->heard_at[form] >= lately ||
        link->left[form] == LEFT_TO_OTHERS) {
        link->left[form] = 0;
        return false;
    }
    link->left[form]++;
    return true;
}

/* Where a form's question is to be asked now. */
static void choose_links(struct p2p__mdns *m, enum p2p__mdns_form form,
                         p2p_ns now)
{
    struct p2p__mdns_on *on = &m->query_on[form];

    *on = (struct p2p__mdns_on){.all = m->n_links == 0};
    for (size_t i = 0; i < m->n_links; i++) {
        if (!is_asked(m, &m->links[i], form, now)) {
            add_link(on, m->links[i].ifindex);
        }
    }
}

/* Makes the questions due and sets the time of the next. */
static void ask(struct p2p__mdns *m, p2p_ns now)
{
    const p2p_ns tenth = m->gap / 10;

    m->query_due = m->forms;
    for (unsigned i = 0; i < P2P__MDNS_FORMS; i++) {
        choose_links(m, (enum p2p__mdns_form)i, now);
        if (!m->query_on[i].all && m->query_on[i].n == 0) {
            m->query_due &= ~P2P__MDNS_BIT(i);
        }
    }
    m->queried_at = now;
    m->query_at = p2p__ns_after(now, m->gap - tenth + dice(m, 2 * tenth));
    m->gap = p2p__ns_min(2 * m->gap, m->interval);
    p2p__mark(m->owner);
}

/* The link of an interface, or NULL. */
static struct p2p__mdns_link *link_of(struct p2p__mdns *m, uint32_t ifindex)
{
    for (size_t i = 0; i < m->n_links; i++) {
        if (m->links[i].ifindex == ifindex) {
            return &m->links[i];
        }
    }
    return NULL;
}

void p2p__mdns_set_links(struct p2p__mdns *m, const uint32_t *ifindex,
                         size_t count)
{
    struct p2p__mdns_link next[P2P__MDNS_LINKS];
    const size_t n = count <= P2P__COUNT(next) ? count : 0;

    for (size_t i = 0; i < n; i++) {
        const struct p2p__mdns_link *old = link_of(m, ifindex[i]);

        next[i] = old != NULL ? *old : (struct p2p__mdns_link){0};
        next[i].ifindex = ifindex[i];
    }
    memcpy(m->links, next, n * sizeof next[0]);
    m->n_links = n;
}

void p2p__mdns_ask(struct p2p__mdns *m, p2p_ns now)
{
    m->gap = p2p__ns_min(FIRST_GAP, m->interval);
    ask(m, now);
}

/* Makes our record due in a form, on an interface (0: on all), soon, or as soon
 * as it may be said again. */
static void answer(struct p2p__mdns *m, enum p2p__mdns_form form,
                   uint32_t ifindex, p2p_ns wait, p2p_ns now)
{
    const unsigned bit = P2P__MDNS_BIT(form);
    p2p_ns at = p2p__ns_after(now, wait);

    if ((m->forms & bit) == 0 || !p2p__mdns_announce_has(&m->announce, form)) {
        return;
    }
    if ((m->answer_due & bit) == 0) {
        m->answer_on[form] = (struct p2p__mdns_on){0};
    } else if (p2p__mdns_is_on(&m->answer_on[form], ifindex)) {
        return;
    }
    add_link(&m->answer_on[form], ifindex);
    m->cursor[form] = 0;
    if ((m->answer_due & bit) != 0) {
        return; /* with what goes elsewhere */
    }
    at = at > p2p__bucket_ready(&m->answers[form])
             ? at
             : p2p__bucket_ready(&m->answers[form]);
    m->answer_due |= bit;
    m->answer_at[form] = at;
    if (at <= now) {
        p2p__mark(m->owner);
    }
}

void p2p__mdns_set_addrs(struct p2p__mdns *m, const struct p2p_multiaddr *addrs,
                         size_t count, p2p_ns now)
{
    if (!p2p__mdns_announce_set(&m->announce, addrs, count)) {
        return;
    }
    m->askers = 0; /* those who got no answer will ask again */
    for (unsigned i = 0; i < P2P__MDNS_FORMS; i++) {
        const enum p2p__mdns_form form = (enum p2p__mdns_form)i;

        m->cursor[i] = 0;
        if (!p2p__mdns_announce_has(&m->announce, form)) {
            m->answer_due &= ~P2P__MDNS_BIT(i);
        }
        if (form != P2P__MDNS_GO) {
            answer(m, form, 0, 0, now);
        }
    }
}

void p2p__mdns_again(struct p2p__mdns *m, p2p_ns now)
{
    p2p__mdns_ask(m, now);
    for (unsigned i = 0; i < P2P__MDNS_FORMS; i++) {
        if (i != P2P__MDNS_GO) {
            answer(m, (enum p2p__mdns_form)i, 0, 0, now);
        }
    }
}

/* Who comes and goes all the time has one question a second asked. */
void p2p__mdns_forget(struct p2p__mdns *m, const struct p2p_peer_id *id,
                      p2p_ns now)
{
    p2p_ns at;

    if (!p2p__mdns_seen_forget(&m->seen, id)) {
        return;
    }
    m->gap = p2p__ns_min(FIRST_GAP, m->interval);
    at = p2p__ns_after(m->queried_at, m->gap);
    at = p2p__ns_after(at > now ? at : now, dice(m, m->gap / 10));
    m->query_at = p2p__ns_min(m->query_at, at);
}

/* Whether a packet that did not come by the group, or asks for an answer that
 * will not go to it, is of a place that a router does not lead to. */
static bool is_near(const struct p2p__addr *from)
{
    const enum p2p__addr_class c = p2p__addr_class(from);

    return c == P2P__ADDR_PRIVATE || c == P2P__ADDR_LINK_LOCAL ||
           c == P2P__ADDR_LOOPBACK;
}

/* Notes who wants an answer for himself. */
static int note_asker(struct p2p__mdns *m, enum p2p__mdns_form form,
                      const struct p2p__mdns_from *from, p2p_ns now)
{
    struct p2p__mdns_asker *a;

    if ((m->forms & P2P__MDNS_BIT(form)) == 0 ||
        !p2p__mdns_announce_has(&m->announce, form)) {
        return 0;
    }
    if (m->askers == P2P__COUNT(m->asker) ||
        !p2p__bucket_take(&m->asked, now)) {
        return P2P_ELIMIT;
    }
    a = &m->asker[m->askers++];
    a->addr = from->addr;
    a->ifindex = from->ifindex;
    a->reply = (struct p2p__mdns_reply){
        .form = form, .unicast = true, .id = m->msg.id};
    p2p__mark(m->owner);
    return 0;
}

/* Notes that somebody asked all of a link. */
static void note_heard(struct p2p__mdns *m, enum p2p__mdns_form form,
                       const struct p2p__mdns_from *from, p2p_ns now)
{
    struct p2p__mdns_link *link = link_of(m, from->ifindex);

    if (link != NULL && !from->unicast) {
        link->heard_at[form] = now;
    }
}

static int take_question(struct p2p__mdns *m, const struct p2p__mdns_from *from,
                         p2p_ns now)
{
    const bool alone = from->addr.port != P2P__MDNS_PORT;
    int rv = 0;

    if (alone && m->msg.asked != 0 && !is_near(&from->addr)) {
        return P2P_EUNREACH;
    }
    for (unsigned i = 0; i < P2P__MDNS_FORMS && rv == 0; i++) {
        const enum p2p__mdns_form form = (enum p2p__mdns_form)i;

        if ((m->msg.asked & P2P__MDNS_BIT(i)) == 0) {
            continue;
        }
        if (alone) {
            rv = note_asker(m, form, from, now);
        } else {
            note_heard(m, form, from, now);
            answer(m, form, from->ifindex, dice(m, P2P__MDNS_JITTER), now);
        }
    }
    if (m->msg.services && (m->forms & P2P__MDNS_TODAY) != 0 &&
        !m->services_due && p2p__bucket_take(&m->asked, now)) {
        m->services_due = true;
        p2p__mark(m->owner);
    }
    return rv;
}

static int take_answer(struct p2p__mdns *m, struct p2p__mdns_source *source,
                       p2p_ns now)
{
    const struct p2p__mdns_peer *peer = &m->msg.peer;

    if (p2p_peer_id_equal(&peer->id, &m->announce.self)) {
        return P2P_ESELF;
    }
    m->found = peer->id.len > 0 && peer->count > 0 &&
               p2p__mdns_seen_peer(&m->seen, source, peer, now);
    return 0;
}

int p2p__mdns_rx(struct p2p__mdns *m, const struct p2p__slice *in,
                 const struct p2p__mdns_from *from, p2p_ns now)
{
    struct p2p__mdns_source *source;
    int rv;

    m->found = false;
    if (from->addr.port == 0 || (from->unicast && !is_near(&from->addr))) {
        return P2P_EUNREACH;
    }
    source = p2p__mdns_seen_packet(&m->seen, &from->addr, now);
    if (source == NULL) {
        return P2P_ELIMIT;
    }
    rv = p2p__mdns_read(in, &m->announce, from, &m->msg);
    if (rv != 0) {
        return rv;
    }
    return m->msg.answer ? take_answer(m, source, now)
                         : take_question(m, from, now);
}

void p2p__mdns_self(const struct p2p__mdns *m, struct p2p__mdns_ev *ev)
{
    *ev = (struct p2p__mdns_ev){
        .id = &m->msg.peer.id,
        .addrs = m->msg.peer.addrs,
        .count = m->msg.peer.count,
        .ttl = P2P__SEC(m->msg.peer.ttl_s),
    };
}

bool p2p__mdns_next(struct p2p__mdns *m, struct p2p__mdns_ev *ev)
{
    if (!m->found) {
        return false;
    }
    m->found = false;
    p2p__mdns_self(m, ev);
    return true;
}

/* The lowest form of a set, whose moment (NULL: any) has come; or _FORMS. */
static enum p2p__mdns_form pick(unsigned set, const p2p_ns *at, p2p_ns now)
{
    unsigned i = 0;

    while (i < P2P__MDNS_FORMS &&
           ((set & P2P__MDNS_BIT(i)) == 0 || (at != NULL && at[i] > now))) {
        i++;
    }
    return (enum p2p__mdns_form)i;
}

static int tx_query(struct p2p__mdns *m, enum p2p__mdns_form form,
                    struct p2p__outbuf *out, struct p2p__mdns_to *to)
{
    uint16_t id = 0;

    m->query_due &= ~P2P__MDNS_BIT(form);
    to->on = m->query_on[form];
    if (form == P2P__MDNS_GO) {
        to->dest = P2P__MDNS_TO_GROUP_ALONE;
        id = ++m->query_id != 0 ? m->query_id : ++m->query_id;
    }
    return p2p__mdns_write_query(&m->announce, form, id, out);
}

/* The first packet of a record goes to those who asked for themselves. */
static int tx_asker(struct p2p__mdns *m, struct p2p__outbuf *out,
                    struct p2p__mdns_to *to)
{
    const struct p2p__mdns_asker *a = &m->asker[--m->askers];
    size_t from = 0;

    to->dest = P2P__MDNS_TO_ONE;
    to->addr = a->addr;
    to->ifindex = a->ifindex;
    return p2p__mdns_write_answer(&m->announce, &a->reply, &from, out);
}

static int tx_answer(struct p2p__mdns *m, enum p2p__mdns_form form,
                     struct p2p__outbuf *out, struct p2p__mdns_to *to,
                     p2p_ns now)
{
    const struct p2p__mdns_reply reply = {.form = form};

    to->on = m->answer_on[form];
    if (m->cursor[form] == 0) {
        (void)p2p__bucket_take(&m->answers[form], now);
    }
    int rv =
        p2p__mdns_write_answer(&m->announce, &reply, &m->cursor[form], out);
    if (m->cursor[form] >= m->announce.count) {
        m->answer_due &= ~P2P__MDNS_BIT(form);
    }
    return rv;
}

/* Writes what is due first; P2P_ENOTFOUND: nothing. */
static int tx_one(struct p2p__mdns *m, struct p2p__outbuf *out,
                  struct p2p__mdns_to *to, p2p_ns now)
{
    const enum p2p__mdns_form query = pick(m->query_due, NULL, now);
    const enum p2p__mdns_form record = pick(m->answer_due, m->answer_at, now);

    if (query != P2P__MDNS_FORMS) {
        return tx_query(m, query, out, to);
    }
    if (m->askers > 0) {
        return tx_asker(m, out, to);
    }
    if (record != P2P__MDNS_FORMS) {
        return tx_answer(m, record, out, to, now);
    }
    if (m->services_due) {
        m->services_due = false;
        return p2p__mdns_write_services(&m->announce, out);
    }
    return P2P_ENOTFOUND;
}

bool p2p__mdns_tx(struct p2p__mdns *m, struct p2p__outbuf *out,
                  struct p2p__mdns_to *to, p2p_ns now)
{
    int rv;

    assert(out->len == 0 && out->cap >= P2P__CAP_MDNS_SEND_BYTES);
    *to = (struct p2p__mdns_to){.dest = P2P__MDNS_TO_GROUP, .on.all = true};
    rv = tx_one(m, out, to, now);
    assert(rv == 0 || rv == P2P_ENOTFOUND);
    return rv == 0;
}

p2p_ns p2p__mdns_deadline(const struct p2p__mdns *m)
{
    p2p_ns at = m->query_at;

    for (unsigned i = 0; i < P2P__MDNS_FORMS; i++) {
        if ((m->answer_due & P2P__MDNS_BIT(i)) != 0) {
            at = p2p__ns_min(at, m->answer_at[i]);
        }
    }
    return at;
}

void p2p__mdns_expire(struct p2p__mdns *m, p2p_ns now)
{
    if (now >= m->query_at) {
        ask(m, now);
    }
    if (pick(m->answer_due, m->answer_at, now) != P2P__MDNS_FORMS) {
        p2p__mark(m->owner);
    }
}

void p2p__mdns_fini(struct p2p__mdns *m)
{
    m->askers = 0;
    m->answer_due = 0;
    m->query_due = 0;
    m->query_at = P2P_NEVER;
}
