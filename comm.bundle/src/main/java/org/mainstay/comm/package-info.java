/** Comm paths, messages, node identity and membership. */
package org.mainstay.comm;
