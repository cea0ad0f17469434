/** What the decision core is told. */
package org.mainstay.core.decision.event;
