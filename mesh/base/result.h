/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * What came of something that Unit was asked for, or that was to be made.
 */
#ifndef UM_BASE_RESULT_H
#define UM_BASE_RESULT_H

/** How it went. */
enum um_result {
    UM_RESULT_DONE,    /**< 200, and verified by GET; of MADE: here it is */
    UM_RESULT_REFUSED, /**< 400 or 500; of MADE: no configuration can be made */
    UM_RESULT_NO_ANSWER, /**< nobody can say; of MADE: the document is not here
                          */
};

#endif
