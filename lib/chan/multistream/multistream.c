/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * multistream-select: see multistream.h.
 *
 * The happy path of a dialer: init makes the header and the first offer due,
 * tx writes both, rx reads the listener's header and the echo of the offer;
 * the protocol is agreed. Of a listener: rx reads header and offer, both
 * answers become due, tx writes them; done.
 *
 * What is to be sent is kept as bits and a count, never as bytes: a peer that
 * proposes and does not read makes us hold nothing. What a peer can break:
 * lengths (above the cap, or not minimal), lines (no newline, empty), the
 * header, an answer to nothing, too many proposals. Each ends the channel.
 */
#include "chan/multistream/multistream.h"

#include "base/mem.h"
#include "wire/varint.h"

#define NA "na"
#define LS "ls"

enum state { NEGOTIATING, ASKED, AGREED, FAILED };

static bool name_is(const struct p2p__slice *name, const char *text)
{
    return name->len == strlen(text) && memcmp(name->p, text, name->len) == 0;
}

static bool names_are_fine(const struct p2p__multistream_cfg *cfg)
{
    if (cfg->protocols == NULL) {
        return !cfg->dialer && cfg->count == 0;
    }
    for (size_t i = 0; i < cfg->count; i++) {
        size_t len = strlen(cfg->protocols[i]);

        if (len == 0 || len >= P2P__CAP_MULTISTREAM_LINE_BYTES) {
            return false;
        }
    }
    return cfg->count > 0 && cfg->count <= UINT8_MAX;
}

int p2p__multistream_init(struct p2p__multistream *m,
                          const struct p2p__multistream_cfg *cfg, p2p_ns now)
{
    p2p_ns timeout = cfg->timeout > 0 ? cfg->timeout : P2P__MULTISTREAM_TIMEOUT;

    if (!names_are_fine(cfg)) {
        return P2P_EINVAL;
    }
    *m = (struct p2p__multistream){
        .protocols = cfg->protocols,
        .count = (uint8_t)cfg->count,
        .quota = cfg->quota,
        .owner = cfg->owner,
        .deadline = p2p__ns_after(now, timeout),
        .state = NEGOTIATING,
        .dialer = cfg->dialer,
        .eager = cfg->dialer && cfg->eager && cfg->count == 1,
        .header_due = cfg->dialer,
        .name_due = cfg->dialer,
    };
    if (m->dialer) {
        p2p__mark(m->owner);
    }
    return 0;
}

/* Forgets the line that arrived, and gives back what it cost. */
static void drop_line(struct p2p__multistream *m)
{
    if (m->line != NULL) {
        p2p__free(m->line);
        p2p__quota_give(m->quota, P2P__Q_MEMORY, m->line_len);
        m->line = NULL;
    }
    m->line_len = 0;
    m->line_have = 0;
    m->prefix_have = 0;
}

/* A buffer of the line's size; the size has been checked. */
static int hold_line(struct p2p__multistream *m)
{
    int rv;

    assert(m->line == NULL);
    assert(m->line_len > 0 && m->line_len <= P2P__CAP_MULTISTREAM_LINE_BYTES);
    rv = p2p__quota_take(m->quota, P2P__Q_MEMORY, m->line_len);
    if (rv != 0) {
        return rv;
    }
    m->line = p2p__alloc(m->line_len);
    if (m->line == NULL) {
        p2p__quota_give(m->quota, P2P__Q_MEMORY, m->line_len);
        return P2P_ENOMEM;
    }
    return 0;
}

/* Reads the length of a line; it is 0 still when more bytes are needed. */
static int read_length(struct p2p__multistream *m, struct p2p__slice *in)
{
    while (in->len > 0 && m->line_len == 0) {
        uint64_t len;
        int rv;

        if (m->prefix_have == sizeof m->prefix) {
            return P2P_ETOOBIG;
        }
        m->prefix[m->prefix_have++] = *in->p;
        p2p__slice_skip(in, 1);
        rv = p2p__varint_get(m->prefix, m->prefix_have, &len);
        if (rv == 0) {
            continue;
        }
        if (rv < 0 || len == 0) {
            return P2P_EPROTO;
        }
        if (len > P2P__CAP_MULTISTREAM_LINE_BYTES) {
            return P2P_ETOOBIG;
        }
        if (!m->header_seen && len != sizeof P2P__MULTISTREAM_PROTOCOL) {
            return P2P_EPROTO; /* noise, perhaps: do not wait for more of it */
        }
        m->line_len = (uint16_t)len;
    }
    return 0;
}

/*
 * Takes bytes of the line from `in`. Sets `line` to all of it when it is
 * whole: inside `in` if it lies there, else in the line's buffer.
 */
static int read_line(struct p2p__multistream *m, struct p2p__slice *in,
                     struct p2p__slice *line)
{
    size_t n;
    int rv = read_length(m, in);

    if (rv != 0 || m->line_len == 0) {
        return rv;
    }
    assert(m->line_have < m->line_len);
    n = p2p__min(in->len, (size_t)(m->line_len - m->line_have));
    if (m->line == NULL && n == m->line_len) {
        *line = p2p__slice_of(in->p, n);
    } else {
        rv = m->line == NULL ? hold_line(m) : 0;
        if (rv != 0) {
            return rv;
        }
        memcpy(m->line + m->line_have, in->p, n);
        *line = p2p__slice_of(m->line, m->line_len);
    }
    p2p__slice_skip(in, n);
    m->line_have = (uint16_t)(m->line_have + n);
    return 0;
}

static void agree(struct p2p__multistream *m, size_t index)
{
    assert(m->state == NEGOTIATING || m->state == ASKED);
    m->state = AGREED;
    m->chosen = (uint8_t)index;
    m->ev_agreed = true;
    if (m->dialer) {
        m->ev_done = true;
    } else {
        m->name_due = true;
        p2p__mark(m->owner);
    }
}

static void say_na(struct p2p__multistream *m)
{
    assert(!m->dialer && m->na_due < P2P__CAP_MULTISTREAM_PROPOSALS);
    m->na_due++;
    p2p__mark(m->owner);
}

/* The listener heard a name; without a list the line stays for the question. */
static int hear_proposal(struct p2p__multistream *m,
                         const struct p2p__slice *name)
{
    if (++m->heard > P2P__CAP_MULTISTREAM_PROPOSALS) {
        return P2P_ELIMIT;
    }
    if (name_is(name, LS)) {
        say_na(m);
        return 0;
    }
    for (size_t i = 0; i < m->count; i++) {
        if (name_is(name, m->protocols[i])) {
            agree(m, i);
            return 0;
        }
    }
    if (m->protocols != NULL) {
        say_na(m);
        return 0;
    }
    if (m->line == NULL) {
        int rv = hold_line(m);

        if (rv != 0) {
            return rv;
        }
        memcpy(m->line, name->p, name->len);
    }
    m->state = ASKED;
    m->ev_proposed = true;
    return 0;
}

/* The dialer heard a name: the echo of its offer, or a refusal. */
static int hear_answer(struct p2p__multistream *m,
                       const struct p2p__slice *name)
{
    if (m->name_due) {
        return P2P_EPROTO;
    }
    if (name_is(name, m->protocols[m->chosen])) {
        agree(m, m->chosen);
        return 0;
    }
    if (!name_is(name, NA)) {
        return P2P_EPROTO;
    }
    if (m->chosen + 1 == m->count) {
        return P2P_ENOPROTO;
    }
    m->chosen++;
    m->name_due = true;
    p2p__mark(m->owner);
    return 0;
}

static int hear_line(struct p2p__multistream *m, const struct p2p__slice *line)
{
    struct p2p__slice name = *line;

    assert(line->len > 0);
    name.len--;
    if (name.p[name.len] != '\n' || name.len == 0) {
        return P2P_EPROTO;
    }
    if (m->header_seen) {
        return m->dialer ? hear_answer(m, &name) : hear_proposal(m, &name);
    }
    if (!name_is(&name, P2P__MULTISTREAM_PROTOCOL)) {
        return P2P_EPROTO;
    }
    m->header_seen = true;
    if (!m->dialer) {
        m->header_due = true;
        p2p__mark(m->owner);
    }
    return 0;
}

/* Reads lines until one makes an event or the input ends. */
static int negotiate(struct p2p__multistream *m, struct p2p__slice *in)
{
    while (in->len > 0 && m->state == NEGOTIATING) {
        struct p2p__slice line = {0};
        int rv = read_line(m, in, &line);

        if (rv == 0 && m->line_len > 0 && m->line_have == m->line_len) {
            rv = hear_line(m, &line);
            if (m->state != ASKED) {
                drop_line(m);
            }
        }
        if (rv != 0) {
            m->state = FAILED;
            return rv;
        }
    }
    return 0;
}

int p2p__multistream_rx(struct p2p__multistream *m, struct p2p__slice *in,
                        struct p2p__slice *up, p2p_ns now)
{
    (void)now;
    assert(m->state != FAILED);
    assert(m->state != ASKED); /* accept() or refuse() comes first */
    *up = (struct p2p__slice){0};
    if (m->state == NEGOTIATING) {
        int rv = negotiate(m, in);

        /* No token behind names that we refused: a dialer that did not wait
         * for our answer went on in its protocol. */
        return !m->dialer && m->heard > 0 &&
                       (rv == P2P_EPROTO || rv == P2P_ETOOBIG)
                   ? P2P_ENOPROTO
                   : rv;
    }
    assert(!m->ev_agreed); /* there is nothing to pass bytes to yet */
    *up = *in;
    p2p__slice_skip(in, in->len);
    return 0;
}

/* Continues a token: length, name, newline. Whether all of it is out. */
static bool put_token(struct p2p__multistream *m, struct p2p__outbuf *out,
                      const void *name, size_t len)
{
    uint8_t token[P2P__VARINT_MAX + P2P__CAP_MULTISTREAM_LINE_BYTES];
    size_t n = p2p__varint_put(token, len + 1), part;

    assert(len < P2P__CAP_MULTISTREAM_LINE_BYTES);
    memcpy(token + n, name, len);
    n += len;
    token[n++] = '\n';
    assert(m->sent < n);
    part = p2p__min(n - m->sent, p2p__outbuf_room(out));
    p2p__outbuf_put(out, token + m->sent, part);
    m->sent = (uint16_t)(m->sent + part);
    if (m->sent < n) {
        return false;
    }
    m->sent = 0;
    return true;
}

/* The name that we offer or echo. */
static struct p2p__slice our_name(const struct p2p__multistream *m)
{
    if (m->protocols == NULL) {
        assert(m->line != NULL);
        return p2p__slice_of(m->line, m->line_len - 1U);
    }
    return p2p__slice_of(m->protocols[m->chosen],
                         strlen(m->protocols[m->chosen]));
}

/* Writes what is due, in the order in which a peer expects it. */
static void put_due(struct p2p__multistream *m, struct p2p__outbuf *out)
{
    if (m->header_due) {
        m->header_due = !put_token(m, out, P2P__MULTISTREAM_PROTOCOL,
                                   strlen(P2P__MULTISTREAM_PROTOCOL));
    }
    while (m->na_due > 0 && !m->header_due) {
        if (!put_token(m, out, NA, strlen(NA))) {
            return;
        }
        m->na_due--;
    }
    if (m->name_due && !m->header_due) {
        struct p2p__slice name = our_name(m);

        m->name_due = !put_token(m, out, name.p, name.len);
        m->ev_done = m->ev_done || (!m->dialer && !m->name_due);
    }
}

int p2p__multistream_tx(struct p2p__multistream *m, struct p2p__src *above,
                        struct p2p__outbuf *out, p2p_ns now)
{
    size_t room;
    int got;

    put_due(m, out);
    room = p2p__outbuf_room(out);
    if (above == NULL || room == 0 || !p2p__multistream_writable(m)) {
        return 0;
    }
    got = above->pull(above, out->p + out->len, room, now);
    if (got < 0) {
        return got;
    }
    assert((size_t)got <= room);
    out->len += (size_t)got;
    return 0;
}

bool p2p__multistream_next(struct p2p__multistream *m,
                           struct p2p__multistream_ev *ev)
{
    *ev = (struct p2p__multistream_ev){0};
    if (m->ev_proposed) {
        assert(m->state == ASKED);
        m->ev_proposed = false;
        ev->type = P2P__MULTISTREAM_PROPOSED;
        ev->name = our_name(m);
    } else if (m->ev_agreed) {
        m->ev_agreed = false;
        ev->type = P2P__MULTISTREAM_AGREED;
        ev->index = m->chosen;
        ev->name = our_name(m);
    } else if (m->ev_done) {
        m->ev_done = false;
        ev->type = P2P__MULTISTREAM_DONE;
        drop_line(m);
    } else {
        return false;
    }
    return true;
}

void p2p__multistream_accept(struct p2p__multistream *m)
{
    assert(m->state == ASKED && !m->ev_proposed);
    agree(m, 0);
}

void p2p__multistream_refuse(struct p2p__multistream *m)
{
    assert(m->state == ASKED && !m->ev_proposed);
    m->state = NEGOTIATING;
    drop_line(m);
    say_na(m);
}

bool p2p__multistream_heard(const struct p2p__multistream *m)
{
    return m->header_seen;
}

bool p2p__multistream_writable(const struct p2p__multistream *m)
{
    if (m->header_due || m->na_due > 0 || m->name_due) {
        return false;
    }
    return m->state == AGREED || (m->eager && m->state == NEGOTIATING);
}

p2p_ns p2p__multistream_deadline(const struct p2p__multistream *m)
{
    return m->state == AGREED ? P2P_NEVER : m->deadline;
}

int p2p__multistream_expire(struct p2p__multistream *m, p2p_ns now)
{
    if (now < p2p__multistream_deadline(m)) {
        return 0;
    }
    m->state = FAILED;
    return P2P_ETIMEDOUT;
}

void p2p__multistream_fini(struct p2p__multistream *m)
{
    drop_line(m);
}

static int chan_rx(void *chan, struct p2p__slice *in, struct p2p__slice *up,
                   p2p_ns now)
{
    return p2p__multistream_rx(chan, in, up, now);
}

static int chan_tx(void *chan, struct p2p__src *above, struct p2p__outbuf *out,
                   p2p_ns now)
{
    return p2p__multistream_tx(chan, above, out, now);
}

static p2p_ns chan_deadline(const void *chan)
{
    return p2p__multistream_deadline(chan);
}

static int chan_expire(void *chan, p2p_ns now)
{
    return p2p__multistream_expire(chan, now);
}

static void chan_fini(void *chan)
{
    p2p__multistream_fini(chan);
}

const struct p2p__chan_ops p2p__multistream_ops = {
    .protocol = P2P__MULTISTREAM_PROTOCOL,
    .rx = chan_rx,
    .tx = chan_tx,
    .deadline = chan_deadline,
    .expire = chan_expire,
    .fini = chan_fini,
};
