/*
 * contract.h - what tests of the REST API's contract put into a database besides what a run leaves.
 */
#ifndef CG_TEST_INTEGRATION_CONTRACT_H
#define CG_TEST_INTEGRATION_CONTRACT_H

/** Statements for a database of the tenant "acme": rows as other versions, other programs and unlucky days leave them.
 */
extern const char cg_contract_odd_rows[];

#endif
