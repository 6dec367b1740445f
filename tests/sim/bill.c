#include "bill.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "history.h"

/* Days kept at hand, so that clients which page through different days do not make them again and again. */
#define CG_SIM_SHEETS 4

/* Most days that can be changed at run time. */
#define CG_SIM_MOST_REVISIONS 4096

struct cg_sim_bill {
    const struct cg_sim_scenario *scenario;
    int64_t first_day;
    int64_t end_day;
    int64_t now; /* without a history it makes no difference */
    size_t malformed;
    struct cg_sim_day_sheet sheets[CG_SIM_SHEETS];
    size_t next_sheet;
    struct cg_sim_revision *revisions;
    size_t revision_count;
};

struct cg_sim_bill *cg_sim_bill_new(const struct cg_sim_scenario *scenario, const struct cg_sim_options *options) {
    struct cg_sim_bill *bill = calloc(1, sizeof(*bill));
    if (bill == NULL) {
        return NULL;
    }
    bill->scenario = scenario;
    bill->first_day = options->first_day;
    bill->end_day = options->end_day;
    bill->now = options->now;
    bill->malformed = options->malformed;
    return bill;
}

void cg_sim_bill_free(struct cg_sim_bill *bill) {
    if (bill == NULL) {
        return;
    }
    for (size_t i = 0; i < CG_SIM_SHEETS; i++) {
        free(bill->sheets[i].lines);
    }
    free(bill->revisions);
    free(bill);
}

void cg_sim_bill_range(const struct cg_sim_bill *bill, int64_t *ret_first, int64_t *ret_end) {
    *ret_first = bill->first_day;
    *ret_end = bill->end_day;
}

struct cg_sim_revision cg_sim_bill_revision(const struct cg_sim_bill *bill, int64_t day) {
    for (size_t i = 0; i < bill->revision_count; i++) {
        if (bill->revisions[i].day == day) {
            return bill->revisions[i];
        }
    }
    return (struct cg_sim_revision){.day = day, .factor = cg_sim_units_make(1, 0)};
}

static void sheets_forget(struct cg_sim_bill *bill) {
    for (size_t i = 0; i < CG_SIM_SHEETS; i++) {
        bill->sheets[i].valid = false;
    }
}

void cg_sim_bill_look_at(struct cg_sim_bill *bill, int64_t now) {
    if (now != bill->now) {
        bill->now = now;
        sheets_forget(bill);
    }
}

bool cg_sim_bill_revise(struct cg_sim_bill *bill, const struct cg_sim_revision *revision) {
    sheets_forget(bill);
    for (size_t i = 0; i < bill->revision_count; i++) {
        if (bill->revisions[i].day == revision->day) {
            bill->revisions[i] = *revision;
            return true;
        }
    }
    if (bill->revision_count == CG_SIM_MOST_REVISIONS) {
        return false;
    }
    struct cg_sim_revision *revisions = realloc(bill->revisions, (bill->revision_count + 1) * sizeof(*bill->revisions));
    if (revisions == NULL) {
        return false;
    }
    bill->revisions = revisions;
    revisions[bill->revision_count++] = *revision;
    return true;
}

/* Puts a malformed copy of one of the day's lines before another of them. */
static bool malformed_insert(const struct cg_sim_bill *bill, struct cg_sim_day_sheet *sheet, size_t number) {
    uint64_t hash = cg_sim_hash(cg_sim_hash(bill->scenario->seed, 0x6d616c), number);
    size_t model = (size_t)(hash % sheet->count);
    size_t place = (size_t)((hash >> 20) % sheet->count);
    if (cg_sim_sheet_add(sheet) == NULL) {
        return false;
    }
    struct cg_sim_line line = sheet->lines[model];
    line.id = cg_sim_hash(hash, 1);
    line.malformed = (enum cg_sim_malformed)(1 + number % (CG_SIM_MALFORMED_END - 1));
    if (line.malformed == CG_SIM_TEXT_AMOUNT || line.malformed == CG_SIM_NO_OBJECT) {
        line.amount = 0;
    }
    memmove(&sheet->lines[place + 1], &sheet->lines[place], (sheet->count - 1 - place) * sizeof(line));
    sheet->lines[place] = line;
    return true;
}

static bool is_readable(const struct cg_sim_line *line) {
    return line->malformed != CG_SIM_TEXT_AMOUNT && line->malformed != CG_SIM_NO_OBJECT;
}

static void revision_apply(const struct cg_sim_revision *revision, struct cg_sim_day_sheet *sheet) {
    const cg_sim_units one = cg_sim_units_make(1, 0);
    size_t kept = 0;
    for (size_t i = 0; i < sheet->count; i++) {
        struct cg_sim_line line = sheet->lines[i];
        if (line.malformed == CG_SIM_WELL_FORMED && strcmp(line.line_type, revision->withdrawn) == 0) {
            continue;
        }
        bool changed = revision->factor != one || revision->add != 0;
        cg_sim_units amount = 0;
        if (changed && is_readable(&line) && cg_sim_units_times(line.amount, revision->factor, &amount)) {
            line.amount = amount + revision->add;
            /* A changed number is no longer known to be the shortest text of a double. */
            line.form = line.form == CG_SIM_FORM_DOUBLE ? CG_SIM_FORM_NUMBER : line.form;
        }
        sheet->lines[kept++] = line;
    }
    sheet->count = kept;
}

const struct cg_sim_day_sheet *cg_sim_bill_day(struct cg_sim_bill *bill, int64_t day) {
    for (size_t i = 0; i < CG_SIM_SHEETS; i++) {
        if (bill->sheets[i].valid && bill->sheets[i].day == day) {
            return &bill->sheets[i];
        }
    }
    struct cg_sim_day_sheet *sheet = &bill->sheets[bill->next_sheet];
    bill->next_sheet = (bill->next_sheet + 1) % CG_SIM_SHEETS;
    sheet->valid = false;
    sheet->day = day;
    sheet->count = 0;
    if (day >= bill->first_day && day < bill->end_day) {
        if (!cg_sim_lines_make(bill->scenario, day, sheet)) {
            return NULL;
        }
        /* The n-th malformed item sits n days before the end, and starts again at the end when the days are used up. */
        size_t days = (size_t)(bill->end_day - bill->first_day);
        for (size_t n = (size_t)(bill->end_day - 1 - day); n < bill->malformed; n += days) {
            if (!malformed_insert(bill, sheet, n)) {
                return NULL;
            }
        }
        cg_sim_sheet_settle(bill->scenario, sheet, bill->now);
        struct cg_sim_revision revision = cg_sim_bill_revision(bill, day);
        revision_apply(&revision, sheet);
    }
    sheet->valid = true;
    return sheet;
}

const char *cg_sim_malformed_name(enum cg_sim_malformed malformed) {
    static const char *const names[CG_SIM_MALFORMED_END] = {"well_formed",    "no_start_date",  "bad_date",
                                                            "null_resource",  "array_resource", "text_amount",
                                                            "null_line_type", "no_object"};
    return names[malformed];
}
