/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Tokens as go-libp2p and js-libp2p send them; T22. */
#include "chan/multistream/multistream.h"

#include <stdlib.h>

#include "base/turn.h"
#include "chunker.h"
#include "failing_mem.h"
#include "unit.h"

#define HEADER "\x13/multistream/1.0.0\n"
#define NOISE  "\x07/noise\n"
#define TLS    "\x0b/tls/1.0.0\n"
#define NA     "\x03na\n"
#define LS     "\x03ls\n"

static const char *const noise_only[] = {"/noise"};
static const char *const tls_noise[] = {"/tls/1.0.0", "/noise"};

/* One end, and what became of it. */
struct end {
    struct p2p__multistream m;
    struct p2p__quota quota;
    struct p2p__src src;
    const char *app; /* bytes that the layer above wants to send */
    const char *yes; /* what a listener that is asked accepts */
    uint8_t out[8192];
    size_t out_len;
    size_t out_step; /* room at a time; 0: all */
    uint8_t up[8192];
    size_t up_len;
    char agreed[P2P__CAP_MULTISTREAM_LINE_BYTES];
    size_t index;
    unsigned asked;
    bool is_agreed;
    bool is_done;
};

static int pull(struct p2p__src *src, uint8_t *dst, size_t cap, p2p_ns now)
{
    struct end *e = P2P__CONTAINER(src, struct end, src);
    size_t n = e->app == NULL ? 0 : p2p__min(strlen(e->app), cap);

    (void)now;
    if (n > 0) {
        memcpy(dst, e->app, n);
        e->app += n;
    }
    return (int)n;
}

static struct end *end_new(const char *const *protocols, size_t count,
                           bool dialer, bool eager)
{
    struct end *e = calloc(1, sizeof *e);
    struct p2p__multistream_cfg cfg = {.dialer = dialer,
                                       .eager = eager,
                                       .protocols = protocols,
                                       .count = count};

    assert_non_null(e);
    p2p__quota_init(&e->quota, NULL, "conn");
    e->src.pull = pull;
    cfg.quota = &e->quota;
    assert_int_equal(p2p__multistream_init(&e->m, &cfg, 0), 0);
    return e;
}

static void end_free(struct end *e)
{
    p2p__multistream_fini(&e->m);
    p2p__quota_fini(&e->quota);
    free(e);
}

static void handle_events(struct end *e)
{
    struct p2p__multistream_ev ev;

    while (p2p__multistream_next(&e->m, &ev)) {
        if (ev.type == P2P__MULTISTREAM_DONE) {
            e->is_done = true;
            continue;
        }
        memcpy(e->agreed, ev.name.p, ev.name.len);
        e->agreed[ev.name.len] = '\0';
        if (ev.type == P2P__MULTISTREAM_AGREED) {
            e->is_agreed = true;
            e->index = ev.index;
            continue;
        }
        e->asked++;
        if (e->yes != NULL && strcmp(e->agreed, e->yes) == 0) {
            p2p__multistream_accept(&e->m);
        } else {
            p2p__multistream_refuse(&e->m);
        }
    }
}

/* Draws all that the end has to say, in pieces of out_step. */
static void draw(struct end *e)
{
    size_t before;

    do {
        size_t step = e->out_step > 0 ? e->out_step : sizeof e->out;
        struct p2p__outbuf out = {
            .p = e->out,
            .len = e->out_len,
            .cap = p2p__min(sizeof e->out, e->out_len + step)};

        before = e->out_len;
        assert_int_equal(p2p__multistream_tx(&e->m, &e->src, &out, 0), 0);
        e->out_len = out.len;
        handle_events(e);
    } while (e->out_len > before);
}

/* Gives one piece to rx, as the stack does. */
static int feed_piece(struct end *e, const uint8_t *p, size_t len)
{
    struct p2p__slice in = p2p__slice_of(p, len), up;
    int rv;

    do {
        size_t before = in.len;

        rv = p2p__multistream_rx(&e->m, &in, &up, 0);
        if (rv != 0) {
            return rv;
        }
        if (up.len > 0) {
            assert_true(e->is_agreed);
            assert_true(e->up_len + up.len <= sizeof e->up);
            memcpy(e->up + e->up_len, up.p, up.len);
            e->up_len += up.len;
        }
        assert_true(in.len < before || up.len == 0);
        handle_events(e);
    } while (in.len > 0 || up.len > 0);
    return 0;
}

/* Delivers bytes after a plan, each piece in memory of its own size. */
static int feed(struct end *e, const char *bytes, size_t len, struct chunker *c)
{
    int rv = 0;

    while (len > 0 && rv == 0) {
        size_t n = c == NULL ? len : chunker_next(c, len);
        uint8_t *copy = malloc(n);

        assert_non_null(copy);
        memcpy(copy, bytes, n);
        rv = feed_piece(e, copy, n);
        free(copy);
        bytes += n;
        len -= n;
    }
    return rv;
}

#define FEED(e, text, c) feed(e, text, sizeof(text) - 1, c)

#define assert_out(e, text)                                    \
    do {                                                       \
        assert_int_equal((e)->out_len, sizeof(text) - 1);      \
        assert_memory_equal((e)->out, text, sizeof(text) - 1); \
    } while (0)

#define assert_up(e, text)                                    \
    do {                                                      \
        assert_int_equal((e)->up_len, sizeof(text) - 1);      \
        assert_memory_equal((e)->up, text, sizeof(text) - 1); \
    } while (0)

/* Runs a body under each plan, and a few random ones. */
static void each_plan(void (*body)(struct chunker *c))
{
    for (uint64_t seed = 0; seed < 20; seed++) {
        for (int plan = CHUNK_ALL; plan < CHUNK_PLANS; plan++) {
            struct chunker c;

            chunker_init(&c, (enum chunk_plan)plan, seed);
            body(&c);
        }
    }
}

static void test_dialer_sends_header_and_offer_in_one_write(void **state)
{
    struct end *e = end_new(noise_only, 1, true, false);

    (void)state;
    e->app = "not yet";
    draw(e);
    assert_out(e, HEADER NOISE);
    assert_false(p2p__multistream_writable(&e->m));
    end_free(e);
}

static void dialer_agrees(struct chunker *c)
{
    struct end *e = end_new(noise_only, 1, true, false);

    draw(e);
    assert_int_equal(FEED(e, HEADER NOISE "\x00\x20rest", c), 0);
    assert_true(e->is_agreed);
    assert_true(e->is_done);
    assert_string_equal(e->agreed, "/noise");
    assert_up(e, "\x00\x20rest");
    e->app = "mine";
    draw(e);
    assert_out(e, HEADER NOISE "mine");
    assert_true(p2p__multistream_deadline(&e->m) == P2P_NEVER);
    end_free(e);
}

static void test_dialer_agrees_and_passes_the_rest_up(void **state)
{
    (void)state;
    each_plan(dialer_agrees);
}

static void dialer_falls_back(struct chunker *c)
{
    struct end *e = end_new(tls_noise, 2, true, true);

    e->app = "app";
    draw(e);
    assert_out(e, HEADER TLS);
    assert_int_equal(FEED(e, HEADER NA, c), 0);
    assert_false(e->is_agreed);
    draw(e);
    assert_out(e, HEADER TLS NOISE);
    assert_int_equal(FEED(e, NOISE "x", c), 0);
    assert_int_equal(e->index, 1);
    assert_string_equal(e->agreed, "/noise");
    assert_up(e, "x");
    draw(e);
    assert_out(e, HEADER TLS NOISE "app");
    end_free(e);
}

static void test_dialer_offers_the_next_at_na(void **state)
{
    (void)state;
    each_plan(dialer_falls_back);
}

static void test_dialer_refused_everything(void **state)
{
    struct end *e = end_new(tls_noise, 2, true, false);

    (void)state;
    draw(e);
    assert_int_equal(FEED(e, HEADER NA, NULL), 0);
    draw(e);
    assert_int_equal(FEED(e, NA, NULL), P2P_ENOPROTO);
    end_free(e);
}

static void test_dialer_takes_the_header_before_its_own_went_out(void **state)
{
    struct end *e = end_new(noise_only, 1, true, false);

    (void)state;
    assert_int_equal(FEED(e, HEADER, NULL), 0);
    draw(e);
    assert_out(e, HEADER NOISE);
    assert_int_equal(FEED(e, NOISE, NULL), 0);
    assert_true(e->is_agreed);
    end_free(e);
}

static void test_dialer_refuses_an_answer_to_nothing(void **state)
{
    struct end *e = end_new(noise_only, 1, true, false);

    (void)state;
    assert_int_equal(FEED(e, HEADER NOISE, NULL), P2P_EPROTO);
    end_free(e);
    e = end_new(tls_noise, 2, true, false);
    draw(e);
    assert_int_equal(FEED(e, HEADER NOISE, NULL), P2P_EPROTO);
    end_free(e);
    e = end_new(tls_noise, 2, true, false);
    draw(e);
    assert_int_equal(FEED(e, HEADER NA NOISE, NULL), P2P_EPROTO);
    end_free(e);
}

static void eager_dialer(struct chunker *c)
{
    struct end *e = end_new(noise_only, 1, true, true);

    e->app = "first bytes";
    draw(e);
    assert_out(e, HEADER NOISE "first bytes");
    assert_true(p2p__multistream_writable(&e->m));
    e->app = "more";
    draw(e);
    assert_out(e, HEADER NOISE "first bytesmore");
    assert_false(e->is_agreed);
    assert_int_equal(FEED(e, HEADER NOISE "answer", c), 0);
    assert_true(e->is_agreed && e->is_done);
    assert_up(e, "answer");
    end_free(e);
}

static void test_eager_dialer_does_not_wait(void **state)
{
    (void)state;
    each_plan(eager_dialer);
}

static void test_eager_dialer_is_refused(void **state)
{
    struct end *e = end_new(noise_only, 1, true, true);

    (void)state;
    e->app = "first bytes";
    draw(e);
    assert_int_equal(FEED(e, HEADER NA, NULL), P2P_ENOPROTO);
    end_free(e);
}

static void listener_by_list(struct chunker *c)
{
    struct end *e = end_new(tls_noise, 2, false, false);

    draw(e);
    assert_out(e, "");
    assert_int_equal(FEED(e, HEADER NOISE "early", c), 0);
    assert_true(e->is_agreed);
    assert_false(e->is_done);
    assert_int_equal(e->index, 1);
    assert_up(e, "early");
    e->app = "ours";
    draw(e);
    assert_true(e->is_done);
    assert_out(e, HEADER NOISE "ours");
    assert_int_equal(FEED(e, "late", c), 0);
    assert_up(e, "earlylate");
    end_free(e);
}

static void test_listener_answers_by_its_list(void **state)
{
    (void)state;
    each_plan(listener_by_list);
}

static void listener_asks(struct chunker *c)
{
    struct end *e = end_new(NULL, 0, false, false);

    e->yes = "/noise";
    assert_int_equal(FEED(e, HEADER TLS LS NOISE "early", c), 0);
    assert_int_equal(e->asked, 2); /* nobody is asked about ls */
    assert_true(e->is_agreed);
    assert_string_equal(e->agreed, "/noise");
    assert_up(e, "early");
    draw(e);
    assert_out(e, HEADER NA NA NOISE);
    assert_true(e->is_done);
    assert_int_equal(e->quota.used[P2P__Q_MEMORY], 0);
    end_free(e);
}

static void test_listener_without_a_list_asks(void **state)
{
    (void)state;
    each_plan(listener_asks);
}

static void test_tokens_go_out_in_any_pieces(void **state)
{
    (void)state;
    for (size_t step = 1; step < 8; step++) {
        struct end *e = end_new(NULL, 0, false, false);

        e->out_step = step;
        e->yes = "/noise";
        e->app = "ours";
        assert_int_equal(FEED(e, HEADER TLS NOISE, NULL), 0);
        draw(e);
        assert_out(e, HEADER NA NOISE "ours");
        end_free(e);
    }
}

static void test_fini_from_any_state(void **state)
{
    static const char talk[] = HEADER TLS NOISE;

    (void)state;
    for (size_t cut = 0; cut < sizeof talk; cut++) {
        struct end *e = end_new(NULL, 0, false, false);
        struct chunker c;

        chunker_init(&c, CHUNK_ONE, 0);
        e->yes = "/noise";
        assert_int_equal(feed(e, talk, cut, &c), 0);
        end_free(e);
    }
    struct end *e = end_new(NULL, 0, false, false);
    struct p2p__slice in = p2p__slice_of(talk, sizeof talk - 1), up;

    assert_int_equal(p2p__multistream_rx(&e->m, &in, &up, 0), 0);
    end_free(e); /* asked, and never answered */
}

static void test_bad_configurations(void **state)
{
    char longest[P2P__CAP_MULTISTREAM_LINE_BYTES + 1];
    const char *names[] = {longest};
    const char *empty[] = {""};
    struct p2p__multistream m;
    struct p2p__multistream_cfg cfg = {.dialer = true};

    (void)state;
    assert_int_equal(p2p__multistream_init(&m, &cfg, 0), P2P_EINVAL);
    cfg.protocols = names;
    assert_int_equal(p2p__multistream_init(&m, &cfg, 0), P2P_EINVAL);
    memset(longest, 'x', sizeof longest);
    longest[P2P__CAP_MULTISTREAM_LINE_BYTES] = '\0';
    cfg.count = 1;
    assert_int_equal(p2p__multistream_init(&m, &cfg, 0), P2P_EINVAL);
    longest[P2P__CAP_MULTISTREAM_LINE_BYTES - 1] = '\0';
    assert_int_equal(p2p__multistream_init(&m, &cfg, 0), 0);
    cfg.protocols = empty;
    assert_int_equal(p2p__multistream_init(&m, &cfg, 0), P2P_EINVAL);
}

/* Feeds bytes to a listener and to a dialer of /noise: same error. */
static void refuse_at_both(const char *bytes, size_t len, int err)
{
    for (int plan = CHUNK_ALL; plan < CHUNK_PLANS; plan++) {
        for (int dialer = 0; dialer < 2; dialer++) {
            struct end *e = end_new(noise_only, 1, dialer, false);
            struct chunker c;

            chunker_init(&c, (enum chunk_plan)plan, 1);
            draw(e);
            assert_int_equal(feed(e, bytes, len, &c), err);
            assert_false(e->is_agreed);
            assert_int_equal(e->up_len, 0);
            end_free(e);
        }
    }
}

#define REFUSE(text, err) refuse_at_both(text, sizeof(text) - 1, err)

static void test_T22_lengths(void **state)
{
    (void)state;
    REFUSE("\x00", P2P_EPROTO);
    REFUSE("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80", P2P_ETOOBIG);
    REFUSE("\xff\xff\xff\xff\xff\xff\xff\xff\x7f", P2P_ETOOBIG);
    REFUSE("\x93\x00/multistream/1.0.0\n", P2P_EPROTO); /* not minimal */
    REFUSE("\x81\x08", P2P_ETOOBIG);                    /* 1025 */
    REFUSE("\xff\x7f", P2P_ETOOBIG);
}

static void test_T22_lines(void **state)
{
    (void)state;
    REFUSE("\x13/multistream/1.0.0 ", P2P_EPROTO); /* no newline */
    REFUSE("\x14/multistream/1.0.0\n\n", P2P_EPROTO);
    REFUSE("\x13/multistream/2.0.0\n", P2P_EPROTO);
    REFUSE("\x12/multistream/1.0.\n", P2P_EPROTO);
    REFUSE("\x01\n", P2P_EPROTO);
    REFUSE(NOISE, P2P_EPROTO); /* no header */
    REFUSE(HEADER "\x01\n", P2P_EPROTO);
    REFUSE(HEADER "\x06/noise", P2P_EPROTO);
    REFUSE(
        "GET / HTTP/1.1\r\nHost: a\r\nUser-Agent: a long name of one\r\n"
        "Accept: */*\r\n\r\n",
        P2P_EPROTO);
}

/* A proposal of a name with `len` bytes, newline included. */
static int propose_long(size_t len, struct end *e)
{
    char token[4 + 2 * P2P__CAP_MULTISTREAM_LINE_BYTES];
    size_t n = 0;

    assert_int_equal(FEED(e, HEADER, NULL), 0);
    token[n++] = (char)(0x80 | (len & 0x7f));
    token[n++] = (char)(len >> 7);
    memset(token + n, 'x', len);
    n += len;
    token[n - 1] = '\n';
    return feed(e, token, n, NULL);
}

static void test_T22_line_of_the_longest_length(void **state)
{
    struct end *e = end_new(NULL, 0, false, false);

    (void)state;
    assert_int_equal(propose_long(P2P__CAP_MULTISTREAM_LINE_BYTES, e), 0);
    assert_int_equal(e->asked, 1);
    draw(e);
    assert_out(e, HEADER NA);
    end_free(e);
    e = end_new(NULL, 0, false, false);
    assert_int_equal(propose_long(P2P__CAP_MULTISTREAM_LINE_BYTES + 1, e),
                     P2P_ETOOBIG);
    assert_int_equal(e->asked, 0);
    end_free(e);
}

static void test_T22_longest_name_is_echoed(void **state)
{
    char name[P2P__CAP_MULTISTREAM_LINE_BYTES];
    struct end *e = end_new(NULL, 0, false, false);

    (void)state;
    memset(name, 'x', sizeof name);
    name[sizeof name - 1] = '\0';
    e->yes = name;
    assert_int_equal(propose_long(P2P__CAP_MULTISTREAM_LINE_BYTES, e), 0);
    draw(e);
    assert_int_equal(e->out_len, 20 + 2 + P2P__CAP_MULTISTREAM_LINE_BYTES);
    assert_true(e->is_done);
    end_free(e);
}

/* Proposes until the listener gives up; returns after how many. */
static size_t flood(struct end *e, const char *token, size_t len, bool reads)
{
    size_t n = 0;

    assert_int_equal(FEED(e, HEADER, NULL), 0);
    for (;;) {
        int rv = feed(e, token, len, NULL);

        if (rv != 0) {
            assert_int_equal(rv, P2P_ELIMIT);
            return n;
        }
        assert_true(++n < 1000);
        assert_int_equal(e->quota.used[P2P__Q_MEMORY], 0);
        if (reads) {
            draw(e);
        }
    }
}

static void test_T22_ls_flood_and_ping_pong_end(void **state)
{
    (void)state;
    for (int asks = 0; asks < 2; asks++) {
        for (int reads = 0; reads < 2; reads++) {
            struct end *e =
                end_new(asks ? NULL : noise_only, !asks, false, false);

            assert_int_equal(flood(e, LS, 4, reads),
                             P2P__CAP_MULTISTREAM_PROPOSALS);
            draw(e); /* the last word: what was refused before */
            assert_int_equal(e->out_len,
                             20 + 4 * P2P__CAP_MULTISTREAM_PROPOSALS);
            end_free(e);
            e = end_new(asks ? NULL : noise_only, !asks, false, false);
            assert_int_equal(flood(e, TLS, 12, reads),
                             P2P__CAP_MULTISTREAM_PROPOSALS);
            end_free(e);
        }
    }
}

static void test_T22_a_last_proposal_may_be_good(void **state)
{
    struct end *e = end_new(noise_only, 1, false, false);

    (void)state;
    assert_int_equal(FEED(e, HEADER, NULL), 0);
    for (size_t i = 1; i < P2P__CAP_MULTISTREAM_PROPOSALS; i++) {
        assert_int_equal(FEED(e, TLS, NULL), 0);
    }
    assert_int_equal(FEED(e, NOISE, NULL), 0);
    assert_true(e->is_agreed);
    end_free(e);
}

static void test_T22_partial_line_then_stall(void **state)
{
    struct end *e = end_new(noise_only, 1, false, false);
    p2p_ns at = p2p__multistream_deadline(&e->m);

    (void)state;
    assert_true(at == P2P__MULTISTREAM_TIMEOUT);
    assert_int_equal(FEED(e, HEADER "\xff\x07/no", NULL), 0);
    assert_int_equal(e->quota.used[P2P__Q_MEMORY], 1023);
    assert_true(p2p__multistream_deadline(&e->m) == at); /* no extension */
    assert_int_equal(p2p__multistream_expire(&e->m, at - 1), 0);
    assert_int_equal(p2p__multistream_expire(&e->m, at), P2P_ETIMEDOUT);
    end_free(e);
}

static void test_T22_quota_bounds_the_line(void **state)
{
    struct end *e = end_new(noise_only, 1, false, false);

    (void)state;
    e->quota.limit[P2P__Q_MEMORY] = 100;
    assert_int_equal(FEED(e, HEADER "\x64/no", NULL), 0);
    end_free(e);
    e = end_new(noise_only, 1, false, false);
    e->quota.limit[P2P__Q_MEMORY] = 100;
    assert_int_equal(FEED(e, HEADER "\x65/no", NULL), P2P_ELIMIT);
    end_free(e);
}

/* One rx, one second after another. */
static void drip(struct end *e, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        struct p2p__slice in = p2p__slice_of(bytes + i, 1), up;

        assert_int_equal(p2p__multistream_rx(&e->m, &in, &up, P2P__SEC(i % 9)),
                         0);
        handle_events(e);
    }
}

static void test_T22_dripping_bytes_buy_no_time(void **state)
{
    struct end *e = end_new(noise_only, 1, false, false);

    (void)state;
    drip(e, HEADER TLS TLS LS "\x07/no", 20 + 12 + 12 + 4 + 4);
    assert_true(p2p__multistream_deadline(&e->m) == P2P__MULTISTREAM_TIMEOUT);
    end_free(e);
}

static void no_run(struct p2p__job *job, p2p_ns now)
{
    (void)job;
    (void)now;
}

/* Whether the owner was marked since the last call. */
static bool marked(struct p2p__job *job)
{
    bool was = job->queued;

    p2p__job_fini(job);
    return was;
}

static void test_output_marks_the_owner(void **state)
{
    struct p2p__runq q;
    struct p2p__job job;
    struct end *e;

    (void)state;
    p2p__runq_init(&q, NULL);
    p2p__job_init(&job, &q, no_run);
    for (int dialer = 0; dialer < 2; dialer++) {
        struct p2p__multistream_cfg cfg = {.dialer = dialer,
                                           .protocols = tls_noise,
                                           .count = 2,
                                           .owner = &job};

        e = end_new(tls_noise, 2, dialer, false);
        assert_int_equal(p2p__multistream_init(&e->m, &cfg, 0), 0);
        assert_int_equal(marked(&job), dialer);
        draw(e);
        assert_int_equal(FEED(e, HEADER, NULL), 0);
        assert_int_equal(marked(&job), !dialer);
        assert_int_equal(FEED(e, NA, NULL), 0); /* nobody speaks "na" */
        assert_true(marked(&job));
        draw(e);
        assert_int_equal(FEED(e, NOISE, NULL), 0);
        assert_true(e->is_agreed);
        assert_int_equal(marked(&job), !dialer);
        end_free(e);
    }
}

/* Both ends by single bytes, for the heap that fails. */
static int whole_life(void *arg)
{
    struct end *e = end_new(NULL, 0, false, false);
    struct chunker c;
    int rv;

    (void)arg;
    chunker_init(&c, CHUNK_ONE, 0);
    e->yes = "/noise";
    rv = FEED(e, HEADER TLS NOISE "rest", &c);
    if (rv == 0) {
        draw(e);
    }
    end_free(e);
    return rv;
}

static void test_memory_may_fail_anywhere(void **state)
{
    (void)state;
    assert_int_equal(failing_mem_each(whole_life, NULL), 3);
}

static void test_works_as_a_channel(void **state)
{
    const struct p2p__chan_ops *ops = &p2p__multistream_ops;
    struct end *e = end_new(noise_only, 1, true, true);
    struct p2p__outbuf out = {.p = e->out, .cap = sizeof e->out};
    struct p2p__slice in = p2p__slice_of(HEADER NOISE, 28), up;

    (void)state;
    assert_string_equal(ops->protocol, "/multistream/1.0.0");
    e->app = "above";
    assert_int_equal(ops->tx(&e->m, &e->src, &out, 0), 0);
    assert_int_equal(out.len, 28 + 5);
    assert_int_equal(ops->tx(&e->m, NULL, &out, 0), 0);
    assert_true(ops->deadline(&e->m) == P2P__MULTISTREAM_TIMEOUT);
    assert_int_equal(ops->expire(&e->m, 1), 0);
    assert_int_equal(ops->rx(&e->m, &in, &up, 0), 0);
    assert_int_equal(in.len, 0);
    handle_events(e);
    assert_true(e->is_done);
    ops->fini(&e->m);
    end_free(e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dialer_sends_header_and_offer_in_one_write),
        cmocka_unit_test(test_dialer_agrees_and_passes_the_rest_up),
        cmocka_unit_test(test_dialer_offers_the_next_at_na),
        cmocka_unit_test(test_dialer_refused_everything),
        cmocka_unit_test(test_dialer_takes_the_header_before_its_own_went_out),
        cmocka_unit_test(test_dialer_refuses_an_answer_to_nothing),
        cmocka_unit_test(test_eager_dialer_does_not_wait),
        cmocka_unit_test(test_eager_dialer_is_refused),
        cmocka_unit_test(test_listener_answers_by_its_list),
        cmocka_unit_test(test_listener_without_a_list_asks),
        cmocka_unit_test(test_tokens_go_out_in_any_pieces),
        cmocka_unit_test(test_fini_from_any_state),
        cmocka_unit_test(test_bad_configurations),
        cmocka_unit_test(test_T22_lengths),
        cmocka_unit_test(test_T22_lines),
        cmocka_unit_test(test_T22_line_of_the_longest_length),
        cmocka_unit_test(test_T22_longest_name_is_echoed),
        cmocka_unit_test(test_T22_ls_flood_and_ping_pong_end),
        cmocka_unit_test(test_T22_a_last_proposal_may_be_good),
        cmocka_unit_test(test_T22_partial_line_then_stall),
        cmocka_unit_test(test_T22_quota_bounds_the_line),
        cmocka_unit_test(test_T22_dripping_bytes_buy_no_time),
        cmocka_unit_test(test_output_marks_the_owner),
        cmocka_unit_test(test_memory_may_fail_anywhere),
        cmocka_unit_test(test_works_as_a_channel),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
