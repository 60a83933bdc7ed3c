/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Variables in a configuration: "{{name}}" in strings and in names of members.
 * A string that is nothing else becomes the variable's value, of whatever
 * type; inside of more text, or in a name, the value's text is put in. Spaces
 * are fine inside of the braces. "{{{{" is a literal "{{". What Unit itself
 * replaces ($uri, ${host}, and templates in back-ticks) is left alone.
 *
 * "node.id" and "node.name" are the node's, "label.KEY" its labels, all other
 * names are the document's. What is put in is not looked at again.
 */
#ifndef UM_DOC_VARIABLES_H
#define UM_DOC_VARIABLES_H

#include "mesh/doc/error.h"
#include "mesh/doc/selector.h"
#include "mesh/doc/value.h"

/** Bytes of a variable's name. */
#define UM__CAP_DOC_VARIABLE_BYTES 128U

/** How secret values are had. */
struct um_secrets {
    void *user;
    /**
     * Opens a secret.
     * @param name of the variable
     * @param sealed what stands in the document: {"sealed": HASH}
     * @param out the value, in a
     * @return 0, P2P_EACCES (it is not for this node) or P2P_ENOMEM
     */
    int (*open)(void *user, struct um_str name, const struct um_val *sealed,
                struct um_arena *a, struct um_val *out);
};

/** Where values come from; all borrowed. */
struct um_variables {
    const struct um_val *document; /**< an object, or NULL */
    const struct um_node_facts *node;
    const struct um_secrets *secrets; /**< NULL: none can be opened */
};

/** True if s may be the name of a variable of the document. */
bool um_variables_name(struct um_str s);

/**
 * True if a value is a secret: an object of "sealed" alone, which names a
 * sealed object.
 */
bool um_variables_sealed(const struct um_val *v);

/**
 * Finds the next variable of a string or name.
 * @param rest what of it was not looked at yet; moved behind the variable
 * @param name its name, a view of rest; p is NULL: there is no further one
 * @return 0, or P2P_EFORMAT: braces that hold no name
 */
int um_variables_next(struct um_str *rest, struct um_str *name);

/** Whether a name is a fact of nodes: their own, or a label. */
bool um_variables_of_node(struct um_str name);

/**
 * Replaces the variables of a configuration.
 * @param a where the result is made; it shares what it can with config
 * @param err may be NULL; its pointer is one into config
 * @return 0; P2P_ENOTFOUND: an unknown variable; P2P_EFORMAT: braces that
 *         hold no name, or a value that is no text inside of text;
 *         P2P_EACCES; P2P_EEXIST: two names become one; P2P_ELIMIT;
 *         P2P_ENOMEM
 */
int um_variables_apply(struct um_arena *a, const struct um_val *config,
                       const struct um_variables *from, struct um_val *out,
                       struct um_doc_error *err);

#endif
