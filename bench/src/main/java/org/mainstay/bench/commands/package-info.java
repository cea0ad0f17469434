/** How long commands take. */
package org.mainstay.bench.commands;
