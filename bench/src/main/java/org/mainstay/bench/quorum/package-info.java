/** What quorum and witness cost: time to restored service for each mode against its formula, and processor time at rest. */
package org.mainstay.bench.quorum;
