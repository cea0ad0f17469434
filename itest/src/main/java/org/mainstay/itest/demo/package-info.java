/** The demonstration: two servers keep PostgreSQL and its address available while everything goes wrong. */
package org.mainstay.itest.demo;
