/** How long a client waits when something happens to the server it uses; measured on whole servers in namespaces. */
package org.mainstay.bench.outage;
