#include "engine/samples.h"

int32_t cg_samples_found(const struct cg_metrics_request *requests, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (requests[i].result->series_count)
            return 1;
    return 0;
}

int32_t cg_samples_are_missing(const struct cg_metrics_request *requests, size_t count) {
    return count && !cg_samples_found(requests, count);
}
