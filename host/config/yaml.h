/*
 * yaml.h - YAML text to a tree of nodes.
 *
 * One document, safe tags only, plain scalars typed by the rules of YAML 1.1. Aliases are copied, merge keys are
 * resolved, of equal keys the last wins. The text is hostile: its size, the number of nodes after expansion and the
 * depth are bounded.
 */
#ifndef CG_CONFIG_YAML_H
#define CG_CONFIG_YAML_H

#include "config/node.h"

/** Longest text in bytes. */
#define CG_YAML_MAX_BYTES ((size_t)4 * 1024 * 1024)

/**
 * Reads `length` bytes into a tree in the document's arena; an empty text gives a null node. What is wrong with the
 * text goes into the document's problems ("Malformed YAML in '...': ..."); neither values nor names from the text are
 * repeated there. Errors: CG_INVALID, CG_NO_MEMORY.
 */
cg_status cg_yaml_parse(struct cg_document *document, const char *text, size_t length, struct cg_config **ret);

#endif
