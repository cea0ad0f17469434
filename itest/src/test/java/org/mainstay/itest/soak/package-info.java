/** Random faults on real servers for as long as is asked for; see {@code itest/soak}. */
package org.mainstay.itest.soak;
