/** Kits come, change and go on servers at work: what they protect does not notice, and a bad kit hurts nobody else (I8). */
package org.mainstay.itest.hot;
