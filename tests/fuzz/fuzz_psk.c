/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A file of a private network's key. What is wrong is told with its line, and
 * no part of the key is left behind. */
#include <stdlib.h>
#include <string.h>

#include "p2p/psk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t zero[P2P_PSK_BYTES];
    uint8_t psk[P2P_PSK_BYTES];
    char why[P2P_PSK_WHY_MAX] = "";
    int rv = p2p_psk_read(data, size, psk, why, sizeof why);

    if (rv == 0 ? why[0] != '\0' || size < P2P_PSK_BYTES
                : strncmp(why, "line ", 5) != 0 ||
                      memcmp(psk, zero, sizeof zero) != 0) {
        abort();
    }
    return 0;
}
