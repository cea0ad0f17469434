/** The control socket of the mirror engine, which is a process of its own. */
package org.mainstay.mirror.internal.engine;
