/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * A request that has the node do something: the command, how it went, and as
 * far as the request wants it, what members make of it.
 *
 *     ?no-wait                  answers when it is on the disk here
 *     (nothing)                 when this node's Unit took it, too
 *     ?wait=applied|healthy     when all live members that are to run it do;
 *     &timeout=SPAN             30 s; what is missing then is in the answer
 */
#ifndef UM_APP_DEED_H
#define UM_APP_DEED_H

#include "mesh/app/json.h"
#include "mesh/app/wait.h"

/** What is waited for. */
enum um_deed_until {
    UM_UNTIL_DISK,
    UM_UNTIL_HERE,
    UM_UNTIL_APPLIED,
    UM_UNTIL_HEALTHY
};

/** A request; begins with what it waits with. */
struct um_deed {
    struct um_wait wait;
    struct um_name revision; /**< that was made, or is decided about */
    enum um_deed_until until;
    bool decides;   /**< it makes no revision: nothing is waited for unless the
                         request asks for it */
    bool done;      /**< the node did it */
    bool tried;     /**< this node's Unit runs it already; private */
    bool judged;    /**< this node's policy allows it; private */
    bool scratched; /**< the scratch Unit took it; private */
    bool holds;     /**< private: for this node's Unit to be at rest */
    bool out;       /**< private: there is a revision, if not on disk yet */
    uint64_t hold_ms; /**< private: until when it holds at most */
    uint64_t timeout_ms;
    struct um_deed *behind;    /**< private: who has this node's Unit next */
    struct um_name scratch_of; /**< private: what the scratch Unit was asked */
    void (*drop)(struct um_wait *w);       /**< private: frees it */
    void (*checked)(struct um_deed *deed); /**< private: after the scratch
                                                Unit */
    struct um_command command; /**< private: what it was asked with */
    /** Goes on with what comes before the command. */
    void (*go_on)(struct um_deed *deed);
    /** Answers that it went well. @param waited as the text of ?wait; NULL:
     * nobody was waited for, but this node's Unit */
    void (*reply)(struct um_deed *deed, unsigned status, const char *waited);
    /** NULL, or told in the turn in which the revision was made: what is put
     * into the disk's row now is in one batch with it. */
    void (*made)(struct um_deed *deed, const struct um_name *revision);
    /** NULL, or: another revision came in between; begins anew. false: it shall
     * not, and is refused. */
    bool (*again)(struct um_deed *deed);
};

/** Begins it; go_on and reply are set. false: it was answered what is wrong,
 * and is ended. @param drop frees it */
bool um_deed_begin(struct um_deed *deed, struct um_daemon *d,
                   struct um_http_req *req, void (*drop)(struct um_wait *w));

/** struct um_wait.drop of a deed. */
void um_deed_drop(struct um_wait *w);

/** Asks this node's policy of a document that is kept, and the scratch Unit if
 * there is one; `done` is told, unless one of them refuses it, which is
 * answered, and ends it. false: it cannot be asked; nobody is told.
 * @param done may end the deed */
bool um_deed_judge(struct um_deed *deed, const struct um_name *doc,
                   void (*done)(struct um_deed *deed));

/** A header of the answer that says what was asked: what is checked without a
 * Unit, this node's policy alone, the scratch Unit, this node's own. */
void um_deed_checked(struct um_deed *deed);

/** Gives the command to the node; what it points to is borrowed until the end.
 * A document that comes into force at once is given to this node's Unit before
 * anybody hears of it, if there is one. May end it. */
void um_deed_ask(struct um_deed *deed, const struct um_command *c);

/** The node did it, perhaps earlier: waits for what is to be waited for, and
 * answers. */
void um_deed_settle(struct um_deed *deed);

/** "waited", "missing", "silent" in an answer, if somebody was waited for. */
void um_deed_show(struct um_deed *deed, const char *waited, struct um_json *j);

/** A header of the answer that names a revision with so many digits. */
void um_deed_header(struct um_deed *deed, const char *name, unsigned digits);

#endif
