/** The one registry of commands and what a command sees of its caller and of the cluster. */
package org.mainstay.shell.internal.registry;
