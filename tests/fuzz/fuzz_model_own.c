/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What a node stored of itself: what is read is written back as it was, but
 * for fields of later versions. */
#include <stdlib.h>

#include "mesh/model/own.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct um_own one, two;
    struct um_buf a = UM_BUF_INIT, b = UM_BUF_INIT;

    if (um_own_read(um_str_n((const char *)data, size), &one) != 0)
        return 0;
    um_own_write(&one, &a);
    if (um_own_read(um_buf_view(&a), &two) != 0)
        abort();
    um_own_write(&two, &b);
    if (!um_str_eq(um_buf_view(&a), um_buf_view(&b)))
        abort();
    um_buf_fini(&a);
    um_buf_fini(&b);
    return 0;
}
