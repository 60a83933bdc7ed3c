/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * An IP address, without a port.
 */
#ifndef UM_BASE_IP_H
#define UM_BASE_IP_H

#include <stdbool.h>
#include <stdint.h>

/** 4 or 16 bytes; 0: none. */
struct um_ip {
    uint8_t len;
    uint8_t bytes[16];
};

/** Whether both are the same address. */
bool um_ip_eq(const struct um_ip *a, const struct um_ip *b);

/** Whether it leads to this machine: 127.0.0.0/8 or ::1. */
bool um_ip_is_loopback(const struct um_ip *ip);

#endif
