/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See ip.h. */
#include "mesh/base/ip.h"

#include <string.h>

bool um_ip_eq(const struct um_ip *a, const struct um_ip *b)
{
    return a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0;
}

bool um_ip_is_loopback(const struct um_ip *ip)
{
    static const uint8_t one[16] = {[15] = 1};

    return (ip->len == 4 && ip->bytes[0] == 127) ||
           (ip->len == 16 && memcmp(ip->bytes, one, 16) == 0);
}
