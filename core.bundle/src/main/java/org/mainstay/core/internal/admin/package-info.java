/**
 * What operators ask for: requests are checked, service requests go to the decision core, configuration changes are worked out on
 * worker threads with the kits of all servers concerned and then put through the core's prepare and commit, all or nothing.
 */
package org.mainstay.core.internal.admin;
