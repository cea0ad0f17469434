/** Control of the mirror engine: what it is told follows from the configuration database; who may be source is decided here. */
package org.mainstay.mirror.internal.node;
