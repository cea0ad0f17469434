/** The state of the decision core: immutable records. */
package org.mainstay.core.decision.state;
