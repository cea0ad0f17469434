/** The configuration as one document: to keep, to review, to rebuild from. */
package org.mainstay.shell.internal.command.config;
