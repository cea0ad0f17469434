/** Start-to-ready time, resident memory and processor time of an idle server. */
package org.mainstay.bench.footprint;
