/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * What the node and the applier say to each other over their socket: bytes to
 * values and back, one message a frame. docs/internals/applier.md. Neither side
 * believes what it reads: numbers have ranges, lengths have caps, and what
 * matters is signed.
 */
#ifndef UM_APPLIER_WIRE_H
#define UM_APPLIER_WIRE_H

#include "mesh/base/pb.h"
#include "mesh/trust/name.h"
#include "mesh/trust/seal.h"

/** The longest frame: the largest configuration, or the largest case, with what
 * goes with it. A longer one ends the connection unread. */
#define UM__CAP_WIRE_FRAME_BYTES (20U << 20)

/** The longest path of a GET, and text for people; longer ones are refused. */
#define UM__CAP_WIRE_PATH_BYTES 1024U
#define UM__CAP_WIRE_TEXT_BYTES 8192U

/** Messages, with the numbers that stand in frames. */
enum um_wire_what {
    /* To the applier. */
    UM_WIRE_START = 1,      /**< be the applier of a member of a mesh */
    UM_WIRE_STOP = 2,       /**< be none, until the next START */
    UM_WIRE_STATEMENTS = 3, /**< of the roster, in any order */
    UM_WIRE_ORDER = 4,      /**< a revision, with its case */
    UM_WIRE_TRY = 5,        /**< a document that is no revision yet */
    UM_WIRE_LOOK = 6,       /**< look at Unit, and say what it shows */
    UM_WIRE_PAPER = 7,      /**< what WANT asked for; without: it is not here */
    UM_WIRE_SLOT = 8,       /**< of a sealed object, for this node's key */
    UM_WIRE_ADOPTED = 9,    /**< what runs is the node's own now */
    UM_WIRE_GET = 10,       /**< GET of a path of Unit's control API */
    UM_WIRE_UNIT = 11,      /**< where the stand-in in the node's process is */
    UM_WIRE_HEAR = 12,      /**< a case without an order: who confirmed what */
    UM_WIRE_SCRATCH = 13,   /**< as TRY, but for the scratch Unit */
    UM_WIRE_LAST_TO = UM_WIRE_SCRATCH,
    /* From it. */
    UM_WIRE_LIVE = 16,    /**< what Unit shows */
    UM_WIRE_ABSENT = 17,  /**< Unit cannot be reached, or nothing is done */
    UM_WIRE_SHOWN = 18,   /**< what Unit shows for what it took */
    UM_WIRE_HEALTH = 19,  /**< how what runs does */
    UM_WIRE_OUTCOME = 20, /**< of ORDER, TRY or SCRATCH */
    UM_WIRE_WANT = 21,    /**< a document, a script or a sealed object */
    UM_WIRE_GOT = 22,     /**< what GET brought */
    UM_WIRE_RECORD = 23,  /**< which revisions are in the applier's record */
    UM_WIRE_STATED = 24, /**< statements, some of which the node did not tell */
    UM_WIRE_STATUS = 25  /**< what Unit says of itself, at each look */
};

/** What an ORDER is for. */
enum um_wire_order {
    UM_WIRE_RUN = 1,    /**< it is to run */
    UM_WIRE_BACK = 2,   /**< it ran before a TRY, and is to come back */
    UM_WIRE_EXAMINE = 3 /**< no configuration can be made of it, or it runs
                             without having been given: see for yourself, and
                             note it */
};

/** A message; members that its kind has not are zero. All borrow. */
struct um_wire_msg {
    enum um_wire_what what;
    uint64_t number; /**< ORDER, TRY, SCRATCH, GET: chosen by who asks; OUTCOME,
                          GOT; START: how many statements follow */
    enum um_wire_order order; /**< ORDER */
    struct um_name mesh;      /**< START */
    struct um_name revision;  /**< ORDER; RECORD: which one runs */
    struct um_name
        hash; /**< TRY, SCRATCH: the document's; START: of the document
                   that ran; PAPER, WANT; SLOT: the object's */
    struct um_name effective; /**< START, ORDER, TRY, SCRATCH, ADOPTED, LIVE,
                                   SHOWN */
    struct um_str bytes; /**< START: what Unit showed; PAPER; SLOT; LIVE, SHOWN:
                              the configuration; GOT, STATUS: the body */
    struct um_str
        text; /**< ORDER: "r42.9f3c"; GET: the path; UNIT: http://HOST:PORT or
                 unix:PATH; LIVE: Unit's version; ABSENT, OUTCOME, GOT: why */
    struct um_str modules;    /**< LIVE: GET /status/modules; empty: no list */
    struct um_str statements; /**< STATEMENTS, STATED: for um_pb_list_next() */
    struct um_str revisions;  /**< ORDER, HEAR: headers, likewise */
    struct um_str facts;      /**< ORDER, HEAR: likewise */
    struct um_namelist names; /**< RECORD */
    unsigned outcome;         /**< OUTCOME: um_result; GOT: um_unit_status */
    unsigned code;            /**< GOT: the HTTP status */
    bool ours, blank, other;  /**< LIVE */
    bool healthy;             /**< HEALTH */
};

/**
 * Reads a frame, without its length.
 * @param frame borrows, and `out` after it
 * @return 0 or P2P_EFORMAT (also: a message that is not known)
 */
int um_wire_read(struct um_str frame, struct um_wire_msg *out);

/** Appends a message as a frame with its length in front; out has failed if it
 * is too long. */
void um_wire_write(struct um_buf *out, const struct um_wire_msg *m);

/** Appends an item to what stands in a list of a message that is made. */
void um_wire_put_statement(struct um_buf *list, struct um_str envelope);
void um_wire_put_revision(struct um_buf *list, struct um_str envelope);
void um_wire_put_fact(struct um_buf *list, struct um_str envelope);

/** What came and is not a whole frame yet; all zero is nothing. */
struct um_wire_in {
    struct um_buf bytes; /**< private */
    size_t used;         /**< private */
};

/** Frees it. */
void um_wire_in_fini(struct um_wire_in *in);

/** Appends bytes that came. Errors: P2P_ENOMEM. */
int um_wire_in_add(struct um_wire_in *in, struct um_str bytes);

/**
 * Takes the next frame that is whole.
 * @param frame valid until the next call on `in`
 * @return 1: here it is; 0: there is none yet; P2P_ETOOBIG, P2P_EFORMAT (an
 *         empty one): the connection is of no use any more
 */
int um_wire_in_next(struct um_wire_in *in, struct um_str *frame);

#endif
