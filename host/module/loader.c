#include "module/loader.h"

#include <dlfcn.h>
#include <ltdl.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

/* The stock loader in libltdl, and ours. */
#define STOCK_LOADER "lt_dlopen"
#define OUR_LOADER "cg_bind_now"

/* What our loader remembers. It hangs in libltdl's own list of loaders, so it is reachable until the process ends. */
struct loader_state {
    struct cg_arena *keep;
    char error[CG_ERROR_TEXT_SIZE]; /* of the last open that failed, "" when none did */
};

/* Called by libltdl. Its signature is libltdl's: a module is a `void *`. */
static lt_module open_now(lt_user_data data, const char *path, lt_dladvise advise) {
    struct loader_state *state = data;
    (void)advise;
    void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (object)
        return object;
    const char *text = dlerror();
    struct cg_error error;
    cg_error_set(&error, CG_PERMANENT, "%s", text ? text : "the dynamic linker gave no reason");
    memcpy(state->error, error.text, sizeof state->error);
    return NULL;
}

static void state_free(struct loader_state *state) {
    if (state)
        cg_arena_free(state->keep);
    free(state);
}

/* Puts our loader in the place of the stock one. libltdl frees the table we give it, so it must come from malloc. */
static struct loader_state *replace_stock_loader(void) {
    const lt_dlvtable *stock = lt_dlloader_find(STOCK_LOADER);
    if (!stock)
        return NULL;
    lt_dlvtable *ours = malloc(sizeof *ours);
    struct loader_state *state = calloc(1, sizeof *state);
    if (!ours || !state || !(state->keep = cg_arena_new()))
        goto failed;
    *ours = *stock;
    ours->name = OUR_LOADER;
    ours->module_open = open_now;
    ours->dlloader_exit = NULL;
    ours->dlloader_data = state;
    ours->priority = LT_DLLOADER_PREPEND;
    if (lt_dlloader_add(ours) != 0)
        goto failed;
    /* With the stock loader still there, libltdl would ask it next and load lazily what ours has refused. */
    free(lt_dlloader_remove(STOCK_LOADER));
    return state;

failed:
    free(ours);
    state_free(state);
    return NULL;
}

static struct loader_state *loader_get(void) {
    const lt_dlvtable *ours = lt_dlloader_find(OUR_LOADER);
    if (ours)
        return ours->dlloader_data;
    if (lt_dlinit() != 0)
        return NULL;
    return replace_stock_loader();
}

cg_status cg_loader_open(const char *path, void **ret_handle, struct cg_error *error) {
    struct loader_state *state = loader_get();
    if (!state)
        return cg_error_set(error, CG_NO_MEMORY, "libltdl cannot be started: out of memory");
    state->error[0] = '\0';
    lt_dlhandle handle = lt_dlopen(path);
    if (!handle) {
        const char *text = state->error[0] ? state->error : lt_dlerror();
        return cg_error_set(error, CG_PERMANENT,
                            "the dynamic linker says '%s'; build it for this system and link it with every library "
                            "that it uses (chitragupt_add_plugin checks both when it links)",
                            text ? text : "nothing");
    }
    lt_dlmakeresident(handle);
    *ret_handle = handle;
    return CG_OK;
}

cg_register_function cg_loader_register_function(void *handle) {
    /* libltdl hands out data pointers, which ISO C does not convert; POSIX promises that the bytes are the same. */
    void *address = lt_dlsym(handle, "register");
    cg_register_function function;
    _Static_assert(sizeof function == sizeof address, "function pointers have the size of data pointers");
    memcpy(&function, &address, sizeof function);
    return function;
}

const void *cg_loader_data(void *handle, const char *symbol) {
    return lt_dlsym(handle, symbol);
}

void *cg_loader_keep(size_t size) {
    struct loader_state *state = loader_get();
    return state ? cg_arena_alloc(state->keep, size) : NULL;
}
