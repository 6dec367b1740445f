/* The option table of a registration. */
#include <string.h>

#include "module/contract.h"

/* Keys are paths; this is more than any of them needs. */
#define KEY_SIZE 256u

static int32_t is_type(uint32_t type) {
    return type >= CG_OPTION_STRING && type <= CG_OPTION_URL;
}

static int32_t is_key(const char *key) {
    size_t length = strnlen(key, KEY_SIZE);
    return length > 0 && length < KEY_SIZE;
}

/* `position` counts from 1 and names an option that cannot name itself. */
static cg_status check_head(const struct cg_option *option, size_t position, struct cg_error *error) {
    if (!option)
        return cg_error_set(error, CG_PERMANENT,
                            "entry %zu of its option table is NULL; option_count must be the number of entries",
                            position);
    size_t smallest = offsetof(struct cg_option, help) + sizeof option->help;
    if (option->struct_size < smallest)
        return cg_error_set(error, CG_PERMANENT,
                            "entry %zu of its option table has %lu bytes, expected at least %zu (struct cg_option of "
                            "ABI 1.0); set struct_size with sizeof",
                            position, (unsigned long)option->struct_size, smallest);
    if (!option->key || !is_key(option->key))
        return cg_error_set(error, CG_PERMANENT,
                            "entry %zu of its option table has no key, or one of more than %u bytes; set 'key' to the "
                            "path of the setting",
                            position, KEY_SIZE - 1);
    return CG_OK;
}

static cg_status check_option(const struct cg_option *option, struct cg_error *error) {
    if (!is_type(option->type) || (option->element != 0 && !is_type(option->element)))
        return cg_error_set(error, CG_PERMANENT,
                            "its option '%s' has the type %lu and the element type %lu, one of which this program does "
                            "not know; use the CG_OPTION_ types of <chitragupt/plugin.h>",
                            option->key, (unsigned long)option->type, (unsigned long)option->element);
    if ((option->type == CG_OPTION_CHOICE || option->element == CG_OPTION_CHOICE) &&
        (!option->choices || !option->choices[0]))
        return cg_error_set(error, CG_PERMANENT,
                            "its option '%s' is a choice without choices; set 'choices' to \"a|b|c\"", option->key);
    if ((option->flags & CG_OPTION_MIN) && (option->flags & CG_OPTION_MAX) && option->minimum > option->maximum)
        return cg_error_set(error, CG_PERMANENT,
                            "its option '%s' has the minimum %lld above the maximum %lld; swap them", option->key,
                            (long long)option->minimum, (long long)option->maximum);
    return CG_OK;
}

cg_status cg_options_check(const struct cg_registration *registration, struct cg_error *error) {
    size_t count = registration->option_count;
    if (count > CG_OPTIONS_MAX)
        return cg_error_set(error, CG_PERMANENT, "it has %zu options, at most %u are allowed", count, CG_OPTIONS_MAX);
    if (count > 0 && !registration->options)
        return cg_error_set(error, CG_PERMANENT,
                            "it has %zu options, but its option table is NULL; pass the table or the count 0", count);
    for (size_t i = 0; i < count; i++) {
        const struct cg_option *option = registration->options[i];
        cg_status status = check_head(option, i + 1, error);
        if (status == CG_OK)
            status = check_option(option, error);
        if (status != CG_OK)
            return status;
        for (size_t before = 0; before < i; before++)
            if (strcmp(registration->options[before]->key, option->key) == 0)
                return cg_error_set(error, CG_PERMANENT, "its option table has the key '%s' twice; remove one entry",
                                    option->key);
    }
    return CG_OK;
}
