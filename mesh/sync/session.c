/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See session.h. A round is a Hello from each side. Who sees another root than
 * his own pulls: buckets, the ids in those that differ, the items; and begins
 * another round when it brought him something, so that the other hears of it.
 * A round that brings nothing begins none, so rounds come to an end.
 *
 * A frame with items is left where it is until its events were pulled; what the
 * peer asked is answered a frame at a time, when there is room for one: so a
 * peer that does not read makes us hold its sixteen requests, and no answers.
 *
 * Whatever is wrong ends the session, with a reason; nothing of it is needed
 * for the next one.
 */
#include "mesh/sync/session.h"

#include <assert.h>

#include "mesh/base/mem.h"
#include "mesh/sync/state.h"
#include "p2p/err.h"

#define ROUND_MS 1000U

void um_sync_init(struct um_sync *s, const struct um_sync_cfg *cfg,
                  uint64_t now_ms)
{
    memset(s, 0, sizeof *s);
    s->source = cfg->source;
    s->mesh = cfg->mesh;
    s->peer = cfg->peer;
    s->most = cfg->sparing ? UM_SYNC_SPARING_BYTES : UM__CAP_SYNC_PART_BYTES;
    um_frames_init(&s->frames, UM__CAP_SYNC_FRAME_BYTES);
    s->rounds = UM__CAP_SYNC_ROUNDS;
    s->now_ms = now_ms;
    s->rounds_at_ms = now_ms;
    s->frame_ms = now_ms;
}

void um_sync_fini(struct um_sync *s)
{
    um_mem_free(s->judging);
    s->judging = NULL;
    um_waiting_fini(&s->waiting);
    um_sync_pull_fini(s);
    um_sync_serve_fini(s);
    um_frames_fini(&s->frames);
}

void um_sync_end(struct um_sync *s, enum um_sync_why why)
{
    if (s->why == UM_SYNC_FINE)
        s->why = why;
    s->run = um_str_n(NULL, 0);
    s->gone.n = 0;
    s->gone_at = 0;
    s->judge = false;
    s->download = NULL;
}

bool um_sync_has(const struct um_sync *s, enum um_sync_set set,
                 const struct um_name *id)
{
    const struct um_sync_source *source = s->source;

    return um_digest_has(um_sync_digest(s, set), id) ||
           (source->has != NULL && source->has(source->user, set, id));
}

bool um_sync_same_root(const struct um_sync *s, enum um_sync_set set)
{
    struct um_name root = um_digest_root(um_sync_digest(s, set));

    return um_name_eq(&root, &s->pulls[set - 1].root);
}

void um_sync_begin(struct um_sync *s)
{
    s->begin = s->begin || !s->hello_open;
}

/* Whether the peer may begin another round now. */
static bool round_allowed(struct um_sync *s)
{
    uint64_t more = (s->now_ms - s->rounds_at_ms) / ROUND_MS;

    s->rounds_at_ms += more * ROUND_MS;
    if (more > UM__CAP_SYNC_ROUNDS - s->rounds)
        more = UM__CAP_SYNC_ROUNDS - s->rounds;
    s->rounds += (unsigned)more;
    if (s->rounds == 0 || s->owe_hello)
        return false;
    s->rounds--;
    return true;
}

static void on_hello(struct um_sync *s, const struct um_sync_msg *m)
{
    if (m->version != UM_SYNC_VERSION) {
        um_sync_end(s, UM_SYNC_TOO_NEW);
        return;
    }
    if (!um_name_eq(&m->mesh, &s->mesh)) {
        um_sync_end(s, UM_SYNC_OTHER_MESH);
        return;
    }
    if (!s->hello_open && !round_allowed(s)) {
        um_sync_end(s, UM_SYNC_FLOOD);
        return;
    }
    s->owe_hello = !s->hello_open;
    s->hello_open = false;
    s->answer_ms = s->now_ms;
    s->heard = true;
    for (unsigned i = 0; i < UM_SYNC_SETS; i++) {
        s->pulls[i].root = m->roots[i];
        s->pulls[i].news = true;
    }
    um_sync_plan_rows(s, m->rows);
}

static void on_rows(struct um_sync *s, const struct um_sync_msg *m)
{
    s->run = m->envelopes;
    s->run_what = UM_SYNC_ROWS;
}

static void on_message(struct um_sync *s, const struct um_sync_msg *m)
{
    switch (m->what) {
        case UM_SYNC_HELLO:
            on_hello(s, m);
            break;
        case UM_SYNC_ROWS:
            on_rows(s, m);
            break;
        case UM_SYNC_BUCKETS_ARE:
        case UM_SYNC_IDS:
        case UM_SYNC_ITEMS:
        case UM_SYNC_DOC:
        case UM_SYNC_SLOT:
        case UM_SYNC_SORRY:
            um_sync_answered(s, m);
            break;
        default:
            um_sync_asked(s, m);
            break;
    }
}

static void on_frame(struct um_sync *s, struct um_str frame)
{
    struct um_sync_msg m;
    int err = um_sync_read(frame, &m);

    s->frame_ms = s->now_ms;
    s->quiet_told = false;
    if (err == P2P_ENOTSUP)
        um_sync_asked(s, &m);
    else if (err != 0)
        um_sync_end(s, UM_SYNC_GARBAGE);
    else
        on_message(s, &m);
}

/* Whether events of a frame are to be pulled before the next one is read. */
static bool has_events(const struct um_sync *s)
{
    return s->run.len > 0 || s->gone_at < s->gone.n || s->download_event ||
           s->slot_event || s->waiting.ready != NULL;
}

void um_sync_rx(struct um_sync *s, struct um_str *in, uint64_t now_ms)
{
    assert(!s->judge);
    s->now_ms = now_ms;
    while (in->len > 0 && !um_sync_over(s) && !has_events(s)) {
        bool half = um_frames_half(&s->frames);
        struct um_str frame;
        int got = um_frames_next(&s->frames, in, &frame);

        if (!half)
            s->half_ms = now_ms;
        if (got == 1)
            on_frame(s, frame);
        else if (got == P2P_ENOMEM)
            um_sync_end(s, UM_SYNC_NO_MEMORY);
        else if (got < 0)
            um_sync_end(
                s, got == P2P_ETOOBIG ? UM_SYNC_TOO_LONG : UM_SYNC_GARBAGE);
    }
    if (um_sync_over(s))
        *in = um_str_skip(*in, in->len);
}

/* The next row of the frame at hand. */
static bool next_row(struct um_sync *s, struct um_sync_ev *ev)
{
    if (!um_pb_list_next(&s->run, &ev->envelope))
        return false;
    if (s->rows_allowed == 0) {
        um_sync_end(s, UM_SYNC_FLOOD);
        return false;
    }
    s->rows_allowed--;
    ev->what = UM_SYNC_EV_ROW;
    s->judge = true;
    return true;
}

/* An item that waited, and need not any more. */
static bool next_waiting(struct um_sync *s, struct um_sync_ev *ev)
{
    struct um_waiting_item *it = um_waiting_take(&s->waiting);

    if (it == NULL)
        return false;
    assert(s->judging == NULL);
    s->judging = it;
    s->judge = true;
    *ev = (struct um_sync_ev){.what = UM_SYNC_EV_ITEM,
                              .set = it->set,
                              .id = it->id,
                              .envelope = um_str_n(it->bytes, it->len),
                              .again = true};
    return true;
}

/* The events that are no items. */
static bool next_plain(struct um_sync *s, struct um_sync_ev *ev)
{
    if (s->download_event) {
        s->download_event = false;
        ev->what = UM_SYNC_EV_DOCUMENT;
        ev->download = s->download;
        s->download = NULL;
    } else if (s->slot_event) {
        s->slot_event = false;
        s->slot_open = false;
        ev->what = UM_SYNC_EV_SLOT;
        ev->id = s->slot_object;
        ev->slot = s->slot_here ? s->slot : NULL;
    } else if (s->done_event) {
        s->done_event = false;
        ev->what = UM_SYNC_EV_DONE;
    } else if (s->quiet_event) {
        s->quiet_event = false;
        ev->what = UM_SYNC_EV_QUIET;
    } else {
        return false;
    }
    return true;
}

static bool next_ended(struct um_sync *s, struct um_sync_ev *ev)
{
    bool told = s->ended_told;

    s->ended_told = true;
    *ev = (struct um_sync_ev){.what = UM_SYNC_EV_ENDED, .why = s->why};
    return !told;
}

bool um_sync_next(struct um_sync *s, struct um_sync_ev *ev)
{
    bool got;

    assert(!s->judge);
    *ev = (struct um_sync_ev){.what = UM_SYNC_EV_ITEM};
    if (um_sync_over(s))
        return next_ended(s, ev);
    got = next_waiting(s, ev);
    if (!got && s->run_what == UM_SYNC_ROWS)
        got = next_row(s, ev);
    else if (!got)
        got = um_sync_next_item(s, ev);
    if (um_sync_over(s))
        return next_ended(s, ev);
    if (!got)
        um_sync_settle(s);
    got = got || next_plain(s, ev);
    if (s->judge)
        s->judged = *ev;
    return got;
}

/* Lets an item wait for what it needs. */
static void let_wait(struct um_sync *s, const struct um_need *need)
{
    struct um_waiting_item *it = s->judging;

    assert(s->judged.what == UM_SYNC_EV_ITEM && need != NULL &&
           need->what != UM_NEED_NOTHING);
    s->judging = NULL;
    if (it == NULL) {
        it = um_waiting_make(&s->waiting, s->judged.envelope);
        /* Too many wait: this one comes again, in a later round. */
        if (it == NULL)
            return;
        it->set = s->judged.set;
        it->id = s->judged.id;
    }
    it->need = *need;
    it->chased = false;
    if (um_waiting_put(&s->waiting, it) != 0)
        um_sync_end(s, UM_SYNC_NO_MEMORY);
}

void um_sync_judged(struct um_sync *s, enum um_sync_verdict verdict,
                    const struct um_need *need)
{
    assert(s->judge);
    s->judge = false;
    if (verdict == UM_SYNC_WAITS)
        let_wait(s, need);
    else if (verdict == UM_SYNC_REFUSED)
        um_sync_end(s, UM_SYNC_BAD_ITEM);
    else if (verdict == UM_SYNC_TAKEN && s->judged.what == UM_SYNC_EV_ITEM)
        s->taken++;
    um_mem_free(s->judging);
    s->judging = NULL;
}

void um_sync_known(struct um_sync *s, const struct um_name *name)
{
    um_waiting_wake(&s->waiting, name);
}

int um_sync_tx(struct um_sync *s, struct um_buf *out, uint64_t now_ms)
{
    size_t before = out->len;

    assert(!s->judge);
    s->now_ms = now_ms;
    if (um_sync_over(s))
        return 0;
    if (!has_events(s))
        um_sync_settle(s);
    if (s->owe_hello || (s->begin && !s->hello_open))
        um_sync_hello(s, out);
    else if (!um_sync_request(s, out) && !um_sync_send_rows(s, out))
        (void)um_sync_answer(s, out);
    if (um_buf_failed(out))
        um_sync_end(s, UM_SYNC_NO_MEMORY);
    return !um_sync_over(s) && out->len > before;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* Whether an answer is waited for. */
static bool waits(const struct um_sync *s)
{
    return s->requests_n > 0 || s->hello_open;
}

/* Whether nothing is to be answered either. */
static bool is_quiet(const struct um_sync *s)
{
    return !waits(s) && s->asks_n == 0 && s->rows_at == s->rows_n;
}

uint64_t um_sync_deadline(const struct um_sync *s)
{
    uint64_t at = UINT64_MAX;

    if (um_sync_over(s))
        return s->ended_told ? UINT64_MAX : 0;
    if (has_events(s) || s->done_event || s->quiet_event)
        return 0;
    if (waits(s))
        at = s->answer_ms + UM_SYNC_PATIENCE_MS;
    if (um_frames_half(&s->frames))
        at = earlier(at, s->half_ms + UM_SYNC_PATIENCE_MS);
    if (is_quiet(s) && !s->quiet_told)
        at = earlier(at, s->frame_ms + UM_SYNC_QUIET_MS);
    return at;
}

void um_sync_expire(struct um_sync *s, uint64_t now_ms)
{
    s->now_ms = now_ms;
    if (um_sync_over(s))
        return;
    if ((waits(s) && now_ms >= s->answer_ms + UM_SYNC_PATIENCE_MS) ||
        (um_frames_half(&s->frames) &&
         now_ms >= s->half_ms + UM_SYNC_PATIENCE_MS))
        um_sync_end(s, UM_SYNC_SILENT);
    else if (is_quiet(s) && !s->quiet_told &&
             now_ms >= s->frame_ms + UM_SYNC_QUIET_MS)
        s->quiet_told = s->quiet_event = true;
}

const char *um_sync_why_text(enum um_sync_why why)
{
    static const char *const texts[] = {
        [UM_SYNC_FINE] = "nothing is wrong",
        [UM_SYNC_TOO_LONG] = "it sent a frame that is too long",
        [UM_SYNC_GARBAGE] = "it sent what is no message",
        [UM_SYNC_OTHER_MESH] = "it is of another mesh",
        [UM_SYNC_TOO_NEW] = "it speaks another version of sync",
        [UM_SYNC_UNASKED] = "it answered what was not asked",
        [UM_SYNC_WRONG_ANSWER] = "it answered something else than was asked",
        [UM_SYNC_FLOOD] = "it asked or sent too much",
        [UM_SYNC_BAD_ITEM] = "it sent an item that nobody may accept",
        [UM_SYNC_BAD_DOCUMENT] = "it sent another document than was asked for",
        [UM_SYNC_SILENT] = "it does not answer",
        [UM_SYNC_NO_MEMORY] = "no memory is left here",
        [UM_SYNC_NO_SOURCE] = "what is stored here cannot be read",
    };

    return texts[why];
}

bool um_sync_at_fault(enum um_sync_why why)
{
    return why != UM_SYNC_FINE && why != UM_SYNC_TOO_NEW &&
           why != UM_SYNC_SILENT && why < UM_SYNC_NO_MEMORY;
}
