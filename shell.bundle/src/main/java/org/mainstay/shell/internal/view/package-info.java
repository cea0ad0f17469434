/** What commands show: the cluster as rows, as JSON (schema 1) and as tables and trees for people. */
package org.mainstay.shell.internal.view;
