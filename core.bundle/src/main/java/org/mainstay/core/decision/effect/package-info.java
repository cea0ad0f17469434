/** What the decision core wants done. */
package org.mainstay.core.decision.effect;
