/** The manager of one server: configuration database, decisions, actions, monitors. */
package org.mainstay.core;
