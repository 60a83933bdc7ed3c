/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A device of tun in a network namespace, of Linux. */
#ifndef WAN_TUN_H
#define WAN_TUN_H

/* Makes the device "NAMESPACE:DEVICE"; its packets are IP packets, and reading
 * does not wait. A file descriptor, with which the device goes; -1 with a
 * message on stderr. Leaves this process in that namespace. */
int tun_open(const char *where);

#endif
