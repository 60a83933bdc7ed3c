/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Where members were last, in the file `addresses` of the state folder, a
 * multiaddr a line: a node that starts again finds them, also where mDNS does
 * not reach. It is a hint: who is dialed there has to prove who it is, and a
 * line that cannot be read is passed over.
 */
#ifndef UM_APP_ADDRBOOK_H
#define UM_APP_ADDRBOOK_H

#include <stdbool.h>

/** The most members that are noted, and lines that are read. */
#define UM_ADDRBOOK_MEMBERS 256U
#define UM_ADDRBOOK_LINES   (UM_ADDRBOOK_MEMBERS * 4U)

/** How long what is new is kept for company, in ms. */
#define UM_ADDRBOOK_MS 2000U

struct um_daemon;

/** An alarm, when there is something new; zeroed: there is not. */
struct um_addrbook {
    void *alarm;
    bool ended; /**< nothing is written any more */
};

/** Tells the bus what the file has. */
void um_addrbook_read(struct um_daemon *d);

/** Something is new: it is written soon. */
void um_addrbook_later(struct um_daemon *d);

/** This node left its mesh: nobody is a member any more. */
void um_addrbook_forget(struct um_daemon *d);

/** Writes what waits, and ends. */
void um_addrbook_end(struct um_daemon *d);

#endif
