/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * One side of one stream of /unitmesh/sync/1.0.0: two nodes make their sets
 * equal. A core: bytes in, bytes and events pulled; no stream, clock, disk or
 * signature inside. docs/reference/formats.md, "Sync"; docs/internals/sync.md.
 *
 * The caller has looked whether the peer may speak: its key has a role in the
 * roster now (um_roster_roles() is not 0), else he resets the stream. He looks
 * again when the roster changed.
 *
 * Who opens a stream, on connect and every few seconds with one random peer,
 * begins a round; who accepts one does not. Both do the rest:
 *
 *     um_sync_init(&s, &(struct um_sync_cfg){&source, mesh, peer}, now_ms);
 *     um_sync_begin(&s);                      // the one who opened the stream
 *
 *     // bytes came
 *     while (in.len > 0 && !um_sync_over(&s)) {
 *         um_sync_rx(&s, &in, now_ms);        // up to a frame with events
 *         while (um_sync_next(&s, &ev)) on_event(&s, &ev);
 *     }
 *     flush();
 *
 *     // whenever the stream is writable and something was called
 *     while (out.len < HIGH_WATER && um_sync_tx(&s, &out, now_ms) == 1)
 *         ;
 *
 *     // on_event
 *     ITEM: verdict = judge(ev.set, ev.envelope, ev.again, &need);
 *           um_sync_judged(&s, verdict, &need);
 *           // if it was taken: um_digest_add() at once, and on every session:
 *           um_sync_known(&other, &id);       // and the key that it grants
 *     ROW:  um_row_open(), newer than what is here? um_sync_judged()
 *     DOCUMENT: whole → use it; not here → ask another peer
 *     SLOT: um_sealed_open() with it
 *     DONE: equal; QUIET: nothing moves: who opened the stream closes it
 *     ENDED: reset the stream; if um_sync_at_fault(ev.why), the peer is rated
 *
 *     // at um_sync_deadline() (0: at once): um_sync_expire(&s, now_ms), then
 *     // events and flush(), as after every call
 *     // the view wants a document: um_sync_fetch(&s, &download)
 *     // a hint named items: um_sync_want(&s, set, names)
 *     // the stream closed: um_sync_fini(&s); what was half is asked for anew
 *
 * Calls into the source happen inside of rx, next and tx only.
 */
#ifndef UM_SYNC_SESSION_H
#define UM_SYNC_SESSION_H

#include "mesh/sync/digest.h"
#include "mesh/sync/download.h"
#include "mesh/sync/waiting.h"
#include "mesh/sync/wants.h"

/** The most requests that one side leaves unanswered; a peer that sends more
 * breaks the protocol. */
#define UM__CAP_SYNC_REQUESTS 16U

/** The most names that a peer lists in answer to one IdsWant; more break the
 * protocol. */
#define UM__CAP_SYNC_LISTED (1U << 20)

/** The rounds that a peer may begin at once; then one a second. More break the
 * protocol. */
#define UM__CAP_SYNC_ROUNDS 16U

/** How long a request may stay unanswered, or a frame half, in ms. */
#define UM_SYNC_PATIENCE_MS 60000U

/** After how long without a frame a session is called quiet. */
#define UM_SYNC_QUIET_MS 15000U

/** What a session reads of its own node. Functions may not call the session. */
struct um_sync_source {
    void *user;
    /** The sets that the node has, by set, from 0. */
    struct um_digest *digests[UM_SYNC_SETS];
    /** Whether an item, besides those of the digests, is not to be asked for:
     * it is kept aside (a later version). May be NULL. */
    bool (*has)(void *user, enum um_sync_set set, const struct um_name *id);
    /** Appends an item's envelope. 0, P2P_ENOTFOUND, or an error that ends the
     * session. */
    int (*item)(void *user, enum um_sync_set set, const struct um_name *id,
                struct um_buf *out);
    /** The i-th member with a row here, ascending, and its seq; false: there
     * are no more. */
    bool (*row_at)(void *user, size_t i, struct um_name *member, uint64_t *seq);
    /** Appends a member's row; like item. */
    int (*row)(void *user, const struct um_name *member, struct um_buf *out);
    /** Appends at most `*size` bytes (UM__CAP_SYNC_PART_BYTES or less) of a
     * document or sealed object, and no fewer unless it ends there, from an
     * offset (beyond its end: nothing); sets `*size` to its whole size. Like
     * item. */
    int (*document)(void *user, const struct um_name *hash, uint64_t offset,
                    struct um_buf *out, uint64_t *size);
    /** Makes a slot of a sealed object for a member; like item. May be NULL:
     * it never can. */
    int (*slot)(void *user, const struct um_name *object,
                const struct um_name *member,
                uint8_t out[UM_SEALED_SLOT_BYTES]);
};

/** How much of a document, or of items, goes in one frame of a session that is
 * sparing. */
#define UM_SYNC_SPARING_BYTES (32U << 10)

/** What a session is about. */
struct um_sync_cfg {
    const struct um_sync_source *source; /**< borrowed until fini */
    struct um_name mesh;
    struct um_name peer; /**< the key that the connection proved */
    bool sparing;        /**< the connection may end after some KiB: what is
                              under way then is lost, so it is to be little */
};

/** Why a session ended. */
enum um_sync_why {
    UM_SYNC_FINE,         /**< it has not */
    UM_SYNC_TOO_LONG,     /**< a frame beyond the cap */
    UM_SYNC_GARBAGE,      /**< bytes that are no message */
    UM_SYNC_OTHER_MESH,   /**< it is of another mesh */
    UM_SYNC_TOO_NEW,      /**< it speaks a later version, or not ours */
    UM_SYNC_UNASKED,      /**< an answer to nothing */
    UM_SYNC_WRONG_ANSWER, /**< an answer to something else */
    UM_SYNC_FLOOD,        /**< too many requests, names, rows or rounds */
    UM_SYNC_BAD_ITEM,     /**< an item that nobody may accept */
    UM_SYNC_BAD_DOCUMENT, /**< a document that is another one */
    UM_SYNC_SILENT,       /**< it does not answer */
    UM_SYNC_NO_MEMORY,    /**< ours */
    UM_SYNC_NO_SOURCE     /**< ours: the store cannot be read */
};

/** The events. */
enum um_sync_event {
    UM_SYNC_EV_ITEM,     /**< judge it: um_sync_judged() */
    UM_SYNC_EV_ROW,      /**< likewise */
    UM_SYNC_EV_DOCUMENT, /**< what is fetched is whole, or is not there */
    UM_SYNC_EV_SLOT,     /**< the answer to um_sync_want_slot() */
    UM_SYNC_EV_DONE,     /**< both have the same sets */
    UM_SYNC_EV_QUIET,    /**< nothing moved for a while */
    UM_SYNC_EV_ENDED     /**< the last one */
};

/** An event; what it borrows is valid until the next call on the session. */
struct um_sync_ev {
    enum um_sync_event what;
    enum um_sync_set set;   /**< ITEM */
    struct um_name id;      /**< ITEM: of its payload; SLOT: the object */
    struct um_str envelope; /**< ITEM, ROW */
    bool again;             /**< ITEM: it waited; its signature was fine */
    struct um_download *download; /**< DOCUMENT; see its `whole` */
    const uint8_t *slot;          /**< SLOT: NULL: the peer cannot */
    enum um_sync_why why;         /**< ENDED */
};

/** What the caller says of an ITEM or a ROW. */
enum um_sync_verdict {
    UM_SYNC_TAKEN,  /**< new, and in the set now */
    UM_SYNC_HAD,    /**< here already, or kept aside */
    UM_SYNC_WAITS,  /**< ITEM: something is missing: P2P_EAGAIN */
    UM_SYNC_REFUSED /**< nobody may accept it: ends the session */
};

/** A request of the peer that is to be answered. */
struct um_sync_ask {
    enum um_sync_what what; /* SORRY: an unknown message, `number` */
    enum um_sync_set set;
    bool buckets[UM_SYNC_BUCKETS];
    struct um_name *names; /* owned */
    size_t names_n;
    size_t at; /* how far the answer has come */
    struct um_name hash;
    uint64_t number; /* or an offset */
    uint64_t most;   /* DOC_WANT: bytes of the part; 0: all that may be */
};

/** A request of ours that is not answered yet. */
struct um_sync_request {
    enum um_sync_what what;
    enum um_sync_set set;
    bool listed; /* WANT: of names that the peer listed */
    bool buckets[UM_SYNC_BUCKETS];
    size_t n; /* WANT: names left; IDS_WANT: names that came */
    struct um_name hash;
    uint64_t offset;
    unsigned turn; /* DOC_WANT: of which beginning of the download */
};

/** What is to be pulled of one set. */
struct um_sync_pull {
    struct um_name root; /* the peer's, as it said last */
    bool news;           /* it said so since the last pull began */
    bool ask_buckets;
    bool ask_ids;
    bool buckets[UM_SYNC_BUCKETS]; /* for ask_ids */
    struct um_wants wants[2];      /* what was asked for; what was listed */
};

/** A session; members are private. */
struct um_sync {
    const struct um_sync_source *source;
    struct um_name mesh;
    struct um_name peer;
    size_t most; /* bytes of a part that we ask for, or of items we send */
    struct um_frames frames;
    struct um_sync_ask asks[UM__CAP_SYNC_REQUESTS]; /* a ring */
    unsigned asks_at;
    unsigned asks_n;
    struct um_sync_request requests[UM__CAP_SYNC_REQUESTS]; /* a ring */
    unsigned requests_at;
    unsigned requests_n;
    struct um_sync_pull pulls[UM_SYNC_SETS];
    struct um_waiting waiting;
    struct um_name *rows; /* members whose rows are to be sent */
    size_t rows_n;
    size_t rows_at;
    size_t rows_allowed; /* rows that the peer may still send */
    /* rounds */
    bool begin;      /* a round is to be begun */
    bool owe_hello;  /* the peer's Hello is to be answered */
    bool hello_open; /* ours is not answered */
    bool heard;      /* a Hello came since the last DONE */
    bool done_event;
    bool hinted;           /* names that the caller wants are under way */
    unsigned chases;       /* how often needs may still be asked for */
    size_t taken;          /* items taken since our last Hello */
    unsigned rounds;       /* that the peer may begin now */
    uint64_t rounds_at_ms; /* when that was last counted */
    /* the frame whose events are being pulled */
    struct um_str run;
    struct um_namelist gone;
    size_t gone_at;
    enum um_sync_what run_what;
    struct um_waiting_item *judging; /* the item of the last event; or */
    struct um_sync_ev judged;        /* its event */
    bool judge;
    /* documents and slots */
    struct um_download *download;
    uint64_t download_asked;
    unsigned download_turn;
    bool download_event;
    bool slot_open; /* one is asked for, and its event was not pulled */
    bool slot_wanted;
    bool slot_event;
    bool slot_here;
    struct um_name slot_object;
    uint8_t slot[UM_SEALED_SLOT_BYTES];
    /* time */
    uint64_t now_ms;    /* as the caller said last */
    uint64_t frame_ms;  /* when the last frame came */
    uint64_t answer_ms; /* when an answer came or the first request went */
    uint64_t half_ms;   /* when the frame that is half began */
    bool quiet_told;
    bool quiet_event;
    bool ended_told;
    enum um_sync_why why;
};

/** Begins a session. `cfg` borrows. */
void um_sync_init(struct um_sync *s, const struct um_sync_cfg *cfg,
                  uint64_t now_ms);

/** Frees it, from any state. */
void um_sync_fini(struct um_sync *s);

/** Begins a round: says what is here. Nothing if one is under way. */
void um_sync_begin(struct um_sync *s);

/**
 * Takes bytes of the peer, up to the end of a frame that has events: pull them,
 * then call again while `in` has bytes. What comes after the end is dropped.
 */
void um_sync_rx(struct um_sync *s, struct um_str *in, uint64_t now_ms);

/** The next event; false: none. ITEM and ROW have to be judged before the next
 * call on s, but for um_sync_known(), um_sync_want() and um_sync_fetch(). */
bool um_sync_next(struct um_sync *s, struct um_sync_ev *ev);

/** Judges the event that was pulled last; `need` borrows, for WAITS. */
void um_sync_judged(struct um_sync *s, enum um_sync_verdict verdict,
                    const struct um_need *need);

/**
 * Something was accepted, whoever brought it: an item's id, and, if it is a
 * GRANT, once more the key in it. What waits for it is judged again.
 */
void um_sync_known(struct um_sync *s, const struct um_name *name);

/**
 * Appends the next frame.
 * @return 1, 0: there is nothing to say
 */
int um_sync_tx(struct um_sync *s, struct um_buf *out, uint64_t now_ms);

/** When um_sync_expire() is to be called, in ms; UINT64_MAX: never; 0: there is
 * an event to be pulled. */
uint64_t um_sync_deadline(const struct um_sync *s);

/** Time passed; there may be events. */
void um_sync_expire(struct um_sync *s, uint64_t now_ms);

/** Whether it ended: all that is left is the event and um_sync_fini(). */
static inline bool um_sync_over(const struct um_sync *s)
{
    return s->why != UM_SYNC_FINE;
}

/**
 * Fetches a document, or goes on with it where it is.
 * @param d borrowed until its event or fini
 * @return 0, P2P_EAGAIN (another one is under way), P2P_ESTATE (it is whole, or
 *         the session over)
 */
int um_sync_fetch(struct um_sync *s, struct um_download *d);

/** Asks for single items, which a hint named. Those that are here are left
 * out. Errors: P2P_ELIMIT, P2P_ENOMEM, P2P_ESTATE; a later round brings
 * them. */
int um_sync_want(struct um_sync *s, enum um_sync_set set,
                 struct um_namelist names);

/** Asks for a slot of a sealed object. Errors: P2P_EAGAIN (one is asked for),
 * P2P_ESTATE. */
int um_sync_want_slot(struct um_sync *s, const struct um_name *object);

/** A reason in words, for logs. */
const char *um_sync_why_text(enum um_sync_why why);

/** Whether a reason is a peer's fault, beyond being slow or of another time. */
bool um_sync_at_fault(enum um_sync_why why);

#endif
