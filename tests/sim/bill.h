/* The bill: what every day costs, in exact decimals, and the changes made to it at run time. */
#ifndef CG_SIM_BILL_H
#define CG_SIM_BILL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "number.h"
#include "scenario.h"
#include "text.h"

/** How the amount of a line is written. */
enum cg_sim_amount_form {
    CG_SIM_FORM_NUMBER,   /**< JSON number; becomes a string when it has more than 15 digits */
    CG_SIM_FORM_DOUBLE,   /**< JSON number that is the shortest text of its double, up to 17 digits */
    CG_SIM_FORM_EXPONENT, /**< JSON number with an exponent */
    CG_SIM_FORM_STRING,   /**< JSON string */
    CG_SIM_FORM_PADDED,   /**< JSON string with needless zeros at its end */
};

/** How the resource of a line is written. */
enum cg_sim_resource_shape {
    CG_SIM_RESOURCE_FULL,
    CG_SIM_RESOURCE_ABSENT,
    CG_SIM_RESOURCE_WITHOUT_ID,
    CG_SIM_RESOURCE_NULL_ID,
    CG_SIM_RESOURCE_EMPTY_ID,
};

/** What is wrong with a line. */
enum cg_sim_malformed {
    CG_SIM_WELL_FORMED,
    CG_SIM_NO_START_DATE,
    CG_SIM_BAD_DATE,
    CG_SIM_NULL_RESOURCE,
    CG_SIM_ARRAY_RESOURCE,
    CG_SIM_TEXT_AMOUNT,
    CG_SIM_NULL_LINE_TYPE,
    CG_SIM_NO_OBJECT,
    CG_SIM_MALFORMED_END,
};

/** A number with a decimal point: `mantissa` * 10^-`scale`. */
struct cg_sim_scaled {
    int64_t mantissa;
    unsigned scale;
};

/** One item of the bill. All strings are borrowed from the scenario or constant. */
struct cg_sim_line {
    uint64_t id;
    const char *product;
    const char *line_type;
    const char *unit;
    struct cg_sim_scaled price;
    struct cg_sim_scaled quantity;
    cg_sim_units original;
    cg_sim_units discount;
    cg_sim_units amount; /**< 0 when it cannot be read from the item (CG_SIM_TEXT_AMOUNT, CG_SIM_NO_OBJECT) */
    enum cg_sim_amount_form form;
    enum cg_sim_resource_shape shape;
    enum cg_sim_malformed malformed;
    const char *resource_id;
    const char *resource_name;
    const char *environment_id;
};

/** The lines of one day in the order they are listed. */
struct cg_sim_day_sheet {
    int64_t day;
    bool valid;
    struct cg_sim_line *lines; /**< owned */
    size_t count;
    size_t cap;
};

/** The bill with its run-time changes; opaque. */
struct cg_sim_bill;

/** Makes the bill of a scenario, which is borrowed; NULL when memory is short. */
struct cg_sim_bill *cg_sim_bill_new(const struct cg_sim_scenario *scenario, const struct cg_sim_options *options);

/** Frees a bill; NULL is fine. */
void cg_sim_bill_free(struct cg_sim_bill *bill);

/** First billed day, and the day after the last one. */
void cg_sim_bill_range(const struct cg_sim_bill *bill, int64_t *ret_first, int64_t *ret_end);

/**
 * The lines of one day, which lives until the next call. A day outside the billed range has none.
 * NULL when memory is short.
 */
const struct cg_sim_day_sheet *cg_sim_bill_day(struct cg_sim_bill *bill, int64_t day);

/** A change of one day. */
struct cg_sim_revision {
    int64_t day;
    cg_sim_units factor; /**< every readable amount is multiplied by it; 1 = no change */
    cg_sim_units add;    /**< and this is added to it */
    char withdrawn[40];  /**< line type whose lines are gone; "" = none */
};

/** The change in force on a day; an idle one when there is none. */
struct cg_sim_revision cg_sim_bill_revision(const struct cg_sim_bill *bill, int64_t day);

/** Puts a change into force, in place of the day's former one. False when memory is short or there are 4096 already. */
bool cg_sim_bill_revise(struct cg_sim_bill *bill, const struct cg_sim_revision *revision);

/** Adds the lines of a day as the scenario has them; false when memory is short. */
bool cg_sim_lines_make(const struct cg_sim_scenario *scenario, int64_t day, struct cg_sim_day_sheet *sheet);

/** Adds one zeroed line at the end of a sheet and returns it; NULL when memory is short. */
struct cg_sim_line *cg_sim_sheet_add(struct cg_sim_day_sheet *sheet);

/** Writes one line as a JSON value. */
void cg_sim_line_format(const struct cg_sim_line *line, int64_t day, struct cg_sim_text *text);

/** Sets the time at which the bill is looked at: seconds since 1970, CG_SIM_FOREVER = when everything is settled. */
void cg_sim_bill_look_at(struct cg_sim_bill *bill, int64_t now);

/** Name of a kind of malformation, for reports. */
const char *cg_sim_malformed_name(enum cg_sim_malformed malformed);

#endif
