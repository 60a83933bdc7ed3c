/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * What the files of links know of each other: links.c has the members, the
 * rounds and the turn, link.c one session over its stream, fetches.c the
 * documents that are wanted. Private.
 *
 * Nothing is done where it is said: calls and events mark, and the turn does,
 * at the end of an event of a stream or when the alarm goes off. So callbacks
 * may call links, a link is not freed under the feet of its own event, and what
 * a hint says in several calls is seen as one.
 */
#ifndef UM_NODE_LINK_H
#define UM_NODE_LINK_H

#include "mesh/node/links.h"

/** No moment. */
#define UM_LINKS_NEVER UINT64_MAX

struct um_link;

/** A peer that is connected, and could be a member. */
struct um_links_member {
    struct um_name name;
    struct p2p_peer_id peer;
    uint32_t no; /**< of this connection: no other has it */
    bool may;
    uint64_t due_ms;     /**< when a round is to begin with it, or NEVER */
    uint64_t blamed_ms;  /**< until when it is left alone */
    struct um_link *own; /**< the session that we opened */
    unsigned accepted;   /**< how many it opened */
};

/** A document that is wanted; or a slot of the object of that hash. */
struct um_links_fetch {
    struct um_links_fetch *next;
    bool slot;
    struct um_download d;
    struct um_link *on; /**< which fetches it now */
    uint32_t *tried;    /**< numbers of members who have it not */
    size_t tried_n;
    size_t tried_cap;
    bool rests;    /**< until the next round: no memory for `tried` */
    bool unwanted; /**< freed as soon as the session lets go of it */
};

/** A session and its stream. */
struct um_link {
    struct um_link *next;
    struct um_links *l;
    struct um_links_member *member; /**< NULL: it is dead */
    struct p2p_stream *stream;      /**< NULL: it is closed */
    struct um_sync sync;
    struct um_buf out; /**< pulled, and not sent */
    struct um_links_fetch *fetch;
    void *alarm;
    uint64_t alarm_ms;
    uint64_t began_ms;
    uint64_t heard_ms; /**< when bytes came, or it began */
    uint64_t round_ms; /**< when its round began */
    uint64_t closing_ms;
    bool ours;     /**< we opened it, and close it */
    bool round;    /**< one that we began is under way */
    bool wants;    /**< single items were asked for */
    bool full;     /**< the stream takes no more now */
    bool closing;  /**< nothing more is to be said than what is begun */
    bool finished; /**< our side of the stream ended */
    bool dirty;    /**< it may have something to say */
};

struct um_links {
    struct um_links_cfg cfg;
    struct um_name me;
    struct um_link *links;
    struct um_links_member **members;
    size_t members_n;
    size_t members_cap;
    uint32_t last_no;
    struct um_links_fetch *fetches; /* oldest first */
    size_t fetches_n;
    uint64_t random;
    uint64_t told_ms; /* when a peer's fault was logged last */
    void *alarm;
    uint64_t alarm_ms;
    uint64_t tick_ms;
    bool inside; /* of an event */
    bool dirty;  /* a link has something to do, or is to be freed */
    bool hungry; /* a fetch may find somebody now */
    bool looked; /* who is connected was looked at */
    struct um_links_stats stats;
};

/** Begins and ends an event; leave is the turn. */
void um_links_enter(struct um_links *l);
void um_links_leave(struct um_links *l);

/** There is something for the turn: it comes soon. */
void um_links_soon(struct um_links *l);

/** Milliseconds of the loop's clock. */
uint64_t um_links_now(const struct um_links *l);

/** A random number below n. */
size_t um_links_below(struct um_links *l, size_t n);

/* ---- link.c */

/** The session that we opened with a member, or a new one; NULL: none can be
 * opened, or the one that is there is about to close. */
struct um_link *um_link_own(struct um_links_member *m, struct um_links *l);

/** Takes a stream that a member opened; false: it is to be reset. */
bool um_link_accept(struct um_links *l, struct um_links_member *m,
                    struct p2p_stream *stream);

/** Notes that it may have something to say. */
void um_link_mark(struct um_link *k);

/** Sends what there is to be said, closes it if that was all, sets its alarm.
 * Part of the turn. */
void um_link_pump(struct um_link *k);

/** Ends it now: its stream is reset, its document left to another. It is freed
 * by the turn. */
void um_link_end(struct um_link *k);

/** Frees one that ended. */
void um_link_free(struct um_link *k);

/* ---- fetches.c */

/** Finds somebody for each document that nobody fetches. Part of the turn. */
void um_fetches_go(struct um_links *l);

/** A session is done with its document, whole or not, or it ended. */
void um_fetches_done(struct um_links *l, struct um_link *k);

/** The answer to a wanted slot came; NULL: the peer cannot. */
void um_fetches_slot(struct um_links *l, struct um_link *k,
                     const uint8_t *slot);

/** A member is to be asked again, whatever it had not. */
void um_fetches_again(struct um_links *l, const struct um_links_member *m);

/** Frees all. */
void um_fetches_fini(struct um_links *l);

#endif
