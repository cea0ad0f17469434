/**
 * How servers join: the one-time code, the password-authenticated exchange (J-PAKE, RFC 8236; docs/decisions/0072) and what is handed over under its key.
 */
package org.mainstay.comm.internal.enrol;
