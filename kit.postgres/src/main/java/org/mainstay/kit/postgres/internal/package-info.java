/** The PostgreSQL recovery kit: one database cluster, its postmaster and the volume below it (spec/08 chapter 1). */
package org.mainstay.kit.postgres.internal;
