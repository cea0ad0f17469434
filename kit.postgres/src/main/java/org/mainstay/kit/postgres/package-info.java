/** Recovery kit for PostgreSQL. */
package org.mainstay.kit.postgres;
