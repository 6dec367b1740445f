/*
 * address.h - what may stand as `address`: an IP address, or the name of a machine.
 */
#ifndef PROMETHEUS_ADDRESS_H
#define PROMETHEUS_ADDRESS_H

/** NULL when a listener can be asked for at `address`; else what is wrong with it, as the end of a sentence. */
const char *prometheus_address_problem(const char *address);

#endif
